// Numbers, sizes and times for people. The language is the page's: English.
const LANG = "en";
const whole = new Intl.NumberFormat(LANG);
const short = new Intl.NumberFormat(LANG, { notation: "compact", maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat(LANG, { numeric: "auto", style: "short" });
const exact = new Intl.DateTimeFormat(LANG, { dateStyle: "medium", timeStyle: "long" });
const day = new Intl.DateTimeFormat(LANG, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const NONE = "–";

export const count = (n) => (n === null || n === undefined ? NONE : whole.format(n));
export const compact = (n) => (n === null || n === undefined ? NONE : short.format(n));

// plural of a noun: plural(1, "row") is "1 row".
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

// bytes in powers of 1000, as disks and networks are counted.
export function bytes(n) {
  if (n === null || n === undefined) return NONE;
  let unit = 0;
  while (n >= 999.5 && unit < UNITS.length - 1) {
    n /= 1000;
    unit++;
  }
  return `${unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${UNITS[unit]}`;
}

// duration of milliseconds, by its two largest units.
export function duration(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return NONE;
  if (ms < 1000) return `${(Math.max(ms, 0) / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  const parts = [[Math.floor(s / 86400), "d"], [Math.floor(s / 3600) % 24, "h"], [Math.floor(s / 60) % 60, "min"], [s % 60, "s"]];
  const first = parts.findIndex(([n]) => n > 0);
  return parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(" ");
}

// between is the duration from one time to another, or to now.
export const between = (started, ended, now) => (started ? duration(new Date(ended || now) - new Date(started)) : NONE);

// Of each unit so many at most, and its seconds.
const STEPS = [[60, "second", 1], [60, "minute", 60], [24, "hour", 3600], [14, "day", 86400], [9, "week", 86400 * 7], [Infinity, "month", 86400 * 30.44]];

// ago tells how far a time is from now, in either direction.
export function ago(time, now) {
  const seconds = (new Date(time) - now) / 1000;
  if (Math.abs(seconds) < 5) return "now";
  const [, unit, size] = STEPS.find(([below, , size]) => Math.abs(Math.round(seconds / size)) < below);
  return relative.format(Math.round(seconds / size), unit);
}

export const exactly = (time) => exact.format(new Date(time));
export const dayTime = (time) => day.format(new Date(time));

const seconds = new Intl.DateTimeFormat(LANG, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const millis = new Intl.DateTimeFormat(LANG, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
const minutes = new Intl.DateTimeFormat(LANG, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const date = new Intl.DateTimeFormat(LANG, { month: "short", day: "numeric" });

// Times of the day, where the day is known; the visitor's zone, as everywhere.
export const clock = (time) => seconds.format(new Date(time));
export const fineClock = (time) => millis.format(new Date(time));

// tick names a place on an axis of time whose ticks are so many seconds apart.
export function tick(time, apart) {
  const t = new Date(time);
  if (apart < 60) return seconds.format(t);
  return apart >= 86400 || (t.getHours() === 0 && t.getMinutes() === 0) ? date.format(t) : minutes.format(t);
}

// streamName is a stream as people write it.
export const streamName = (s) => (s.namespace ? `${s.namespace}.${s.name}` : s.name);

// fullName is a connection's, source's or destination's with its namespace.
export const fullName = (c) => (c.namespace && c.namespace !== "-" ? `${c.namespace}/${c.name}` : c.name);
