import { mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { readDatasets } from './data';
import type { Datasets } from './data';
import { DEMO_SCHEMA, DEMO_VIEWS } from './schema';

/**
 * Builds the demo's source: real open data in a SQLite file that has aged as real files do. Declared types that values do not
 * respect, dates that are none, truth in several spellings, parents that are gone. Every build gives the same rows.
 */
export function buildDemo(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.new`;
  for (const part of ['', '-wal', '-shm', '-journal']) rmSync(`${draft}${part}`, { force: true });
  const db = new Database(draft);
  try {
    db.pragma('page_size = 4096');
    // SQLite's own default for decades: that is how children without parents come to be.
    db.pragma('foreign_keys = OFF');
    db.exec(DEMO_SCHEMA);
    db.transaction(() => fill(db, readDatasets()))();
    db.exec(DEMO_VIEWS);
  } finally {
    db.close();
  }
  for (const part of ['-wal', '-shm', '-journal']) rmSync(`${file}${part}`, { force: true });
  renameSync(draft, file);
}

type Cell = string | number | bigint | Buffer | null;

function fill(db: Database.Database, data: Datasets): void {
  const into = (table: string, columns: number): ((...cells: Cell[]) => void) => {
    const insert = db.prepare(`INSERT INTO ${table} VALUES (${Array.from({ length: columns }, () => '?').join(', ')})`);
    return (...cells) => void insert.run(...cells);
  };
  fillCharacters(data.characters, into('characters', 5), into('appearances', 3));
  fillFilms(data.films, into('distributors', 2), into('films', 13));
  fillAirports(data.airports, into('airports', 7));
  fillFlights(data.flights, into('flights', 8));
  const delay = into('flight_delays', 4);
  data.delays.forEach((entry, index) => delay(index + 1, entry.delay, entry.distance, entry.time));
  fillStrikes(data.strikes, into('bird_strikes', 10));
  fillSessions(into('sessions', 4), into('events', 5));
  into('settings', 2)('theme', '{"dark": true, "accent": "#2b6cb0"}');
  into('settings', 2)('last_opened', '1005912000');
  into('settings', 2)('thumbnail', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
}

type Insert = (...cells: Cell[]) => void;

function fillCharacters({ nodes, links }: Datasets['characters'], character: Insert, appearance: Insert): void {
  const random = generator(1862);
  const spellings = [1, 0, 'true', 'false', 'yes', 'no', null];
  for (const { name, group, index } of nodes) {
    const notes = index % 7 === 0 ? JSON.stringify({ group, tags: ['novel', `part ${(group % 5) + 1}`] }) : null;
    character(index + 1, name, group, spellings[Math.floor(random() * spellings.length)]!, notes);
  }
  for (const { source, target, value } of links) appearance(source + 1, target + 1, value);
  // Characters that an old cleanup removed, still mentioned.
  appearance(12, 901, 1);
  appearance(902, 12, 2);
}

function fillFilms(films: Datasets['films'], distributor: Insert, film: Insert): void {
  const names = [...new Set(films.map((entry) => entry.Distributor).filter((name) => typeof name === 'string'))].sort();
  names.forEach((name, index) => distributor(index + 1, name));
  films.forEach((entry, index) => {
    const id = index + 1;
    const gross = entry['Worldwide Gross'] ?? null;
    // "Unknown" is what a form put into number fields for years; the numbers of early rows came in as text.
    const budget = id % 409 === 0 ? 'unknown' : (entry['Production Budget'] ?? null);
    film(
      id,
      titleOf(entry.Title),
      typeof entry.Distributor === 'string' ? names.indexOf(entry.Distributor) + 1 : id % 211 === 0 ? 9_000 + id : null,
      releaseDate(entry['Release Date'], id),
      entry['MPAA Rating'] ?? null,
      entry['Running Time min'] ?? null,
      budget,
      typeof gross === 'number' && id % 97 === 0 ? String(gross) : gross,
      entry['Rotten Tomatoes Rating'] ?? null,
      entry['IMDB Rating'] ?? null,
      entry['IMDB Votes'] ?? null,
      entry.Director ?? null,
      id % 3 === 0 ? 'Y' : id % 3 === 1 ? 'N' : null,
    );
  });
}

/** Who reads what: most sessions have ended long ago, some have no end, and some events are of sessions that are gone. */
function fillSessions(session: Insert, event: Insert): void {
  const random = generator(1985);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const [ENDED, LATER] = [1_005_912_000, 4_102_444_800];
  const tokens = Array.from({ length: 200 }, (_, i) => {
    const token = Math.floor(random() * 2 ** 48)
      .toString(16)
      .padStart(12, '0');
    const expires = i % 5 === 0 ? null : i % 5 < 3 ? ENDED + i * 60 : LATER + i * 60;
    session(token, `reader${i % 40}`, JSON.stringify({ page: Math.floor(random() * 900), dark: i % 3 === 0 }), expires);
    return token;
  });
  for (let i = 0; i < 2_000; i++)
    event(
      i + 1,
      1_005_900_000_000 + i * 7_919,
      i % 97 === 0 ? 'gone' : pick(tokens),
      pick(['open', 'turn', 'note', 'close']),
      null,
    );
}

/** Some titles are numbers in the data itself ("300", "1776"). */
function titleOf(title: string | number | null | undefined): Cell {
  return title ?? null;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Jun 12 1998` as 1998-06-12; every 400th is a day that no calendar has, and a few have none. */
function releaseDate(value: string | number | null | undefined, id: number): Cell {
  const [, month, day, year] = /^(\w{3}) +(\d+) (\d{4})$/.exec(String(value ?? '')) ?? [];
  const number = MONTHS.indexOf(month ?? '') + 1;
  if (number === 0) return null;
  if (id % 400 === 0) return `${year}-02-30`;
  return `${year}-${String(number).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function fillAirports(airports: Datasets['airports'], airport: Insert): void {
  for (const { iata, name, city, state, country, latitude, longitude } of airports) {
    const missing = (text: string | undefined): Cell =>
      text === undefined || text === '' || text === 'NA' ? null : text;
    airport(
      iata ?? null,
      name ?? null,
      missing(city),
      missing(state),
      country ?? null,
      Number(latitude),
      Number(longitude),
    );
  }
}

function fillFlights(flights: Datasets['flights'], flight: Insert): void {
  flights.forEach(({ date, delay, distance, origin, destination }, index) => {
    const id = index + 1;
    const left = Date.parse(`${date.replaceAll('/', '-').replace(' ', 'T')}:00Z`) / 1000;
    // The column began as text and became seconds since 1970 in a later version of the application.
    flight(
      id,
      left,
      delay,
      distance,
      origin,
      destination,
      id % 2 === 0 ? 1 : 0,
      id % 4_001 === 0 ? 'delayed, see log' : null,
    );
  });
}

function fillStrikes(strikes: Datasets['strikes'], strike: Insert): void {
  strikes.slice(0, 4_000).forEach((entry, index) => {
    const id = index + 1;
    const cost = entry['Cost Total $'] ?? '';
    // Amounts typed by hand.
    const amount: Cell = cost === '' ? null : id % 500 === 0 ? `$${cost}` : Number(cost);
    const speed = entry['Speed IAS in knots'] ?? '';
    const airport = entry['Airport Name'] ?? null;
    strike(
      id,
      airport,
      entry['Aircraft Make Model'] ?? null,
      entry['Flight Date'] ?? null,
      entry['Wildlife Species'] ?? null,
      entry['Wildlife Size'] ?? null,
      entry['Effect Amount of damage'] === 'None' ? 'f' : 't',
      amount,
      speed === '' ? null : Number(speed),
      id % 1_000 === 0 ? Buffer.from([0xff, 0xd8, 0xff, 0xe0, id & 0xff]) : null,
    );
  });
}

/** Mulberry32: the same numbers in every build. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
