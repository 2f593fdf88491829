// How a running sync goes, and how fast.
import { useEffect, useState } from "preact/hooks";
import { url } from "../api.js";
import { watch } from "../sse.js";
import { useLatest } from "../hooks.js";

// useProgress follows the sync at a path; a falsy path follows nothing. Ended
// is called once the sync has.
export function useProgress(path, ended) {
  const [progress, setProgress] = useState(null);
  const done = useLatest(ended);
  useEffect(() => {
    if (!path) return undefined;
    const stop = watch(url(`${path}/events`), ({ name, data }) => {
      if (name === "progress") setProgress((before) => withRates(data, before));
      if (name !== "end") return;
      done();
      if (data?.status) stop();
    });
    return stop;
  }, [path]);
  return progress;
}

// withRates adds rows and bytes per second, smoothed over a few reports, of one
// attempt.
function withRates(now, before) {
  if (!before || before.attempt !== now.attempt) return { ...now, rate: null, byteRate: null };
  const seconds = (new Date(now.at) - new Date(before.at)) / 1000;
  if (!(seconds > 0)) return { ...now, rate: before.rate, byteRate: before.byteRate };
  const smooth = (old, fresh) => (old === null ? fresh : old * 0.6 + fresh * 0.4);
  return {
    ...now,
    rate: smooth(before.rate, (now.records - before.records) / seconds),
    byteRate: smooth(before.byteRate, (now.bytes - before.bytes) / seconds),
  };
}
