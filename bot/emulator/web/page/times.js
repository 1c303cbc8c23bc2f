// The world's time, which may differ from this machine's.

let offset = 0;

/** Set how many seconds the world's clock is ahead of real time. */
export function setOffset(seconds) {
  offset = seconds * 1000;
}

/** The world's current time. */
export function now() {
  return new Date(Date.now() + offset);
}

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const shortFormat = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "2-digit", year: "numeric" });
const weekdayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "long" });
const secondsFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const nowFormat = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});

const startOfDay = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** The text of the clock: the weekday, and the rest. */
export function clockFace() {
  const parts = nowFormat.formatToParts(now());
  const at = parts.findIndex((part) => part.type === "day");
  const join = (some) => some.map((part) => part.value).join("");
  return [join(parts.slice(0, at)), join(parts.slice(at))];
}
export const timeOf = (date) => clockFormat.format(date);
export const dayOf = (date) => dayFormat.format(date);
export const fullOf = (date) => `${weekdayFormat.format(date)}, ${dayFormat.format(date)} ${clockFormat.format(date)}`;

/** A message's time as shown next to its author. */
export function stampOf(date) {
  const days = Math.round((startOfDay(now()) - startOfDay(date)) / 86400000);
  if (days === 0) return timeOf(date);
  if (days === 1) return `Yesterday at ${timeOf(date)}`;
  return `${shortFormat.format(date)}, ${timeOf(date)}`;
}

const steps = [[60, "second"], [60, "minute"], [24, "hour"], [30, "day"], [12, "month"], [Infinity, "year"]];

/** "3 hours ago", "in 2 days". */
export function relative(date) {
  let value = (date.getTime() - now().getTime()) / 1000;
  for (const [size, unit] of steps) {
    if (Math.abs(value) < size) {
      return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(value), unit);
    }
    value /= size;
  }
  return "";
}

/** A timestamp in a message. docs: Reference › Message Formatting, Timestamp Styles. */
export function styled(seconds, style) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return null;
  switch (style) {
    case "t": return timeOf(date);
    case "T": return secondsFormat.format(date);
    case "d": return shortFormat.format(date);
    case "D": return dayOf(date);
    case "F": return fullOf(date);
    case "s": return `${shortFormat.format(date)}, ${timeOf(date)}`;
    case "S": return `${shortFormat.format(date)}, ${secondsFormat.format(date)}`;
    case "R": return relative(date);
    default: return `${dayOf(date)} ${timeOf(date)}`;
  }
}
