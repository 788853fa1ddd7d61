import { rows } from '../oracle/judges';
import { trap } from '../trap';
import type { Trap } from '../trap';

/** A table of one DATETIME column (or another) with these values. */
function column(type: string, ...values: (string | number | null)[]): string {
  const list = values.map((value, i) => `(${i + 1}, ${typeof value === 'string' ? `'${value}'` : (value ?? 'NULL')})`);
  return `CREATE TABLE events (id INTEGER PRIMARY KEY, v ${type}); INSERT INTO events VALUES ${list.join(', ')}`;
}

/** Dates and times, which SQLite does not have. */
export const times: Trap[] = [
  trap(
    'dates',
    'clean DATE and DATETIME texts',
    `
    CREATE TABLE events (id INTEGER PRIMARY KEY, d DATE, ts DATETIME);
    INSERT INTO events VALUES (1, '2024-02-29', '2024-02-29 23:59:59'), (2, '1970-01-01', '1970-01-01 00:00:00.123'), (3, NULL, NULL)`,
    rows('events'),
  ),
  trap(
    'dates-mixed',
    'a DATETIME column of text, seconds, milliseconds, 0 and a Julian day',
    column('DATETIME', '2024-02-29 23:59:59', 1709251199, 1709251199123, 0, 2460370.5),
    rows('events'),
  ),
  trap(
    'unix-seconds',
    'seconds since 1970 in a DATETIME column',
    column('DATETIME', 0, 1709251199, -86400, null),
    rows('events'),
  ),
  trap(
    'unix-milliseconds',
    'milliseconds since 1970 in a TIMESTAMP column',
    column('TIMESTAMP', 1709251199123, 1600000000000),
    rows('events'),
  ),
  trap(
    'dates-impossible',
    'dates that are none: 0000-00-00, 2023-02-30, month 13',
    column('DATE', '2024-02-29', '0000-00-00', '2023-02-30', '2023-13-01'),
    rows('events'),
  ),
  trap(
    'dates-words',
    'words that PostgreSQL reads as times: now, tomorrow, infinity, epoch',
    column('DATETIME', '2024-01-01 00:00:00', 'now', 'tomorrow', 'infinity', 'epoch'),
    rows('events'),
  ),
  trap(
    'dates-zones',
    'times with and without a zone in one column',
    column('DATETIME', '2024-02-29T23:59:59', '2024-02-29T23:59:59Z', '2024-02-29T23:59:59+05:30'),
    rows('events'),
  ),
  trap(
    'dates-nanoseconds',
    'nine digits after the second',
    column('TIMESTAMP', '2024-02-29 23:59:59.123456789', '2024-02-29 23:59:59.000000001'),
    rows('events'),
  ),
  trap(
    'dates-24h',
    '24:00:00 and a leap second',
    column('DATETIME', '2024-01-01 24:00:00', '2016-12-31 23:59:60', '2024-01-01 00:00:00'),
    rows('events'),
  ),
  trap(
    'dates-ambiguous',
    '02/03/2024 and 03.02.2024',
    column('DATE', '2024-02-03', '02/03/2024', '03.02.2024'),
    rows('events'),
  ),
  trap('dates-empty', 'the empty string in a DATE column', column('DATE', '2024-02-03', '', null), rows('events')),
  trap(
    'dates-far',
    'years 10000 and before 1',
    column('DATE', '2024-02-03', '10000-01-01', '-0044-03-15'),
    rows('events'),
  ),
  trap('times', 'a TIME column', column('TIME', '23:59:59', '00:00', '12:30:00.5'), rows('events')),
];
