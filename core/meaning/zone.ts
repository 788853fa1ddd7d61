import { isoInstant, isoTimestamp } from './calendar';

/**
 * Columns whose texts may be local times of a zone are compared as that zone's clocks show them: the target's instant is read back as
 * local time, by Intl. A local time that comes twice is marked the second time.
 */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Hours of which offsets are kept. */
const KEPT_HOURS = 200_000;

/** What ISO text means in a column of this zone: the local time that it names, or its instant as local time. */
export function inZone(timeZone: string): (text: string) => string | undefined {
  const wall = wallTime(timeZone);
  return (text) => {
    const local = isoTimestamp(text);
    if (local !== undefined) return local;
    const instant = isoInstant(text);
    return instant === undefined ? undefined : wall(instant);
  };
}

/** Local time of an instant as PostgreSQL prints it in UTC: `2026-01-31 22:59:00.5+00` is `2026-01-31 23:59:00.5` in Berlin. */
export function wallTime(timeZone: string): (instant: string) => string {
  const offsetAt = offsets(timeZone);
  return (instant) => {
    const parts = /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?\+00( BC)?$/.exec(instant);
    if (parts === null) return instant;
    const [, year, month, day, hour, minute, second, fraction = '', bc] = parts;
    const date = new Date(0);
    date.setUTCFullYear(bc === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
    date.setUTCHours(Number(hour), Number(minute), Number(second));
    const at = date.getTime();
    const offset = offsetAt(at);
    const before = offsetAt(at - DAY_MS);
    const again = before > offset && offsetAt(at - (before - offset)) === before;
    const local = new Date(at + offset).toISOString().slice(0, -5).replace('T', ' ');
    return `${local}${fraction}${again ? ' again' : ''}`;
  };
}

/** Milliseconds that a zone is ahead of UTC at an instant. */
function offsets(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const ask = (at: number) => {
    const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')!.value;
    const [, sign, hours, minutes, seconds = '0'] = /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name) ?? [];
    if (sign === undefined) return 0;
    return (sign === '-' ? -1_000 : 1_000) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds));
  };
  // Asking Intl takes longer than everything else about a cell.
  const hours = new Map<number, number>();
  return (at) => {
    const hour = Math.floor(at / HOUR_MS);
    let offset = hours.get(hour);
    if (offset === undefined) {
      const first = ask(hour * HOUR_MS);
      // Not a number: it changes within the hour.
      offset = first === ask((hour + 1) * HOUR_MS) ? first : Number.NaN;
      if (hours.size >= KEPT_HOURS) hours.clear();
      hours.set(hour, offset);
    }
    return Number.isNaN(offset) ? ask(at) : offset;
  };
}
