// Which of many rows of one height are near the screen.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const AROUND = 12;

// useWindow gives from and to of the rows to draw, for a tbody by its ref. The
// page itself scrolls, so that phones and keyboards do as they always do.
export function useWindow(total, rowHeight) {
  const ref = useRef(null);
  const [range, setRange] = useState({ from: 0, to: Math.min(total, 40) });
  const measure = () => {
    if (!ref.current) return;
    const above = Math.max(0, -ref.current.getBoundingClientRect().top);
    const first = Math.floor(above / rowHeight);
    const shown = Math.ceil(innerHeight / rowHeight);
    const from = Math.max(0, first - AROUND), to = Math.min(total, first + shown + AROUND);
    setRange((r) => (r.from === from && r.to === to ? r : { from, to }));
  };
  useLayoutEffect(measure, [total, rowHeight]);
  useEffect(() => {
    let asked = 0;
    const later = () => (asked ||= requestAnimationFrame(() => ((asked = 0), measure())));
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(asked);
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, [total, rowHeight]);
  return { ref, from: Math.min(range.from, total), to: Math.min(range.to, total) };
}
