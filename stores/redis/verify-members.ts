import type Redis from 'ioredis';
import type { ChainableCommander } from 'ioredis';
import { replies, resultsOf } from './connect';
import { sameScore, shown } from './expected';
import type { ExpectedGroup, ExpectedKeys, ExpectedMember } from './expected-keys';
import { scanMembers } from './scan';
import { addTo, compareFields, compareTime } from './compare';
import type { Verifying } from './compare';

/** Keys looked at in one pipeline, and members of one key compared at a time. */
const KEYS = 500;
const MEMBERS = 1_000;
/** Members of a set that are searched for one by one to be named as extra. */
const NAMED = 100;

const SIZE = { list: 'LLEN', stream: 'XLEN', set: 'SCARD', zset: 'ZCARD' } as const;
type Kind = keyof typeof SIZE;

/** A key that is there as it should be, but for its content. */
interface Found extends ExpectedGroup {
  /** Members that it has. */
  size: number;
}

/** What is asked for of small keys together: their first members, or whether those that are expected are members. */
interface Ahead {
  expected: ExpectedMember[];
  answer: unknown;
}

/** Compares keys that consist of members: lists, streams, sets and sorted sets, of whatever size. */
export async function verifyMembers(verifying: Verifying, keys: ExpectedKeys): Promise<void> {
  const { pool, dialect, prefix, feed, found, work } = verifying;
  const as = feed.planned.as as Kind;
  for (const groups of keys.groups(KEYS)) {
    const names = groups.map(({ key }) => prefix + key);
    const facts = await pool.use((client) => factsOf(client, as, dialect, names));
    const open: Found[] = [];
    for (const [i, group] of groups.entries()) {
      const { key, expiresAt: latest } = group;
      const { type, expiresAt, size } = facts[i]!;
      // The key lives as long as its latest row.
      const isPast = latest >= 0 && latest <= verifying.now;
      if (isPast) continue;
      if (type !== 'none') verifying.present++;
      if (type === 'none') found({ kind: 'missing entry', key });
      else if (type !== as) found({ kind: 'property', key, column: 'type', expected: as, found: type });
      else {
        compareTime(verifying, key, latest, expiresAt);
        open.push({ ...group, size });
      }
    }
    for (const some of together(open)) {
      const ahead = some.length > 1 ? await readAhead(verifying, keys, as, some) : undefined;
      for (const [i, one] of some.entries()) {
        if (as === 'list' || as === 'stream') await compareOrdered(verifying, keys, one, as, ahead?.[i]);
        else await compareSet(verifying, keys, one, as, ahead?.[i]);
      }
      work.beat(verifying.digest.count);
    }
  }
}

/** Keys that are asked for in one go, since each would take as long alone; those that are large are alone. */
function* together(open: readonly Found[]): Generator<Found[], void> {
  let some: Found[] = [];
  let sum = 0;
  for (const one of open) {
    const weight = Math.max(one.size, one.members);
    if (some.length > 0 && sum + weight > MEMBERS) {
      yield some;
      [some, sum] = [[], 0];
    }
    some.push(one);
    sum += weight;
  }
  if (some.length > 0) yield some;
}

async function readAhead(
  { pool, prefix }: Verifying,
  keys: ExpectedKeys,
  as: Kind,
  some: readonly Found[],
): Promise<Ahead[]> {
  const expected = some.map(({ key }) => [...keys.members(key, MEMBERS)].flat());
  const answers = await pool.use((client) => {
    const pipeline = client.pipeline();
    for (const [i, { key }] of some.entries()) ask(pipeline, as, prefix + key, expected[i]!);
    return replies(pipeline);
  });
  return expected.map((members, i) => ({ expected: members, answer: answers[i] }));
}

function ask(pipeline: ChainableCommander, as: Kind, name: string, expected: readonly ExpectedMember[]): void {
  const values = expected.map(({ value }) => value!);
  if (as === 'list') pipeline.lrangeBuffer(name, 0, -1);
  else if (as === 'stream') pipeline.xrangeBuffer(name, '-', '+');
  else if (as === 'set') pipeline.smismember(name, ...values);
  else pipeline.zmscore(name, ...values);
}

async function factsOf(client: Redis, as: Kind, dialect: string, names: readonly string[]) {
  const pipeline = client.pipeline();
  for (const name of names) {
    pipeline.type(name);
    pipeline.call(dialect === '7' ? 'PEXPIRETIME' : 'PTTL', name);
    pipeline.call(SIZE[as], name);
  }
  pipeline.time();
  const results = resultsOf((await pipeline.exec()) ?? [], ({ message }) => message.startsWith('WRONGTYPE'));
  const [seconds, micros] = results.at(-1) as [string, string];
  const now = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  return names.map((_, i) => {
    const time = Number(results[3 * i + 1]);
    return {
      type: results[3 * i] as string,
      expiresAt: dialect === '7' || time < 0 ? time : now + time,
      size: Number(results[3 * i + 2] ?? 0),
    };
  });
}

/** Lists and streams: member by member, in their order. */
async function compareOrdered(
  verifying: Verifying,
  keys: ExpectedKeys,
  { key }: Found,
  as: 'list' | 'stream',
  ahead: Ahead | undefined,
): Promise<void> {
  const { found, digest } = verifying;
  const there = as === 'list' ? listElements(verifying, key, ahead) : streamEntries(verifying, key, ahead);
  const ids = new StreamIds();
  let next = await there.next();
  let place = 0;
  for (const page of ahead === undefined ? keys.members(key, MEMBERS) : [ahead.expected]) {
    for (const member of page) {
      if (next.done === true) {
        if (!member.isPast) found({ kind: 'missing entry', key: `${key} ${place}` });
        place++;
        continue;
      }
      const [id, ...parts] = next.value;
      if (as === 'list') {
        const [element] = parts as [Buffer];
        if (!element.equals(member.value!)) {
          if (member.isPast) continue;
          found({
            kind: 'property',
            key,
            column: String(place),
            expected: shown(member.value!),
            found: shown(element),
          });
        }
      } else {
        if (member.isPast && member.milliseconds !== undefined && !id!.toString().startsWith(`${member.milliseconds}-`))
          continue;
        const wanted = ids.next(member.milliseconds);
        if (id!.toString() !== wanted) {
          found({ kind: 'property', key, column: 'id', expected: wanted, found: shown(id!) });
        }
        compareFields({ ...member, key: `${key} ${wanted}` }, parts, found);
      }
      addTo(digest, key, Buffer.from(String(place)), ...parts);
      place++;
      next = await there.next();
    }
  }
  let extra = 0;
  for (; next.done !== true; next = await there.next()) {
    if (extra++ < NAMED)
      found({ kind: 'extra entry', key: `${key} ${as === 'list' ? place + extra - 1 : next.value[0]!.toString()}` });
  }
}

/** Ids that a stream's entries have to have. */
class StreamIds {
  #last = -1;
  #sequence = 0;
  #count = 0;

  next(milliseconds: number | undefined): string {
    this.#count++;
    const at = milliseconds ?? this.#count;
    if (at === this.#last) this.#sequence++;
    // 0-0 is no id.
    else this.#sequence = at === 0 ? 1 : 0;
    this.#last = at;
    return `${at}-${this.#sequence}`;
  }
}

/** What it is found by, then its parts. */
async function* listElements(
  { pool, prefix }: Verifying,
  key: string,
  ahead: Ahead | undefined,
): AsyncGenerator<Buffer[], void> {
  if (ahead !== undefined) {
    for (const element of ahead.answer as Buffer[]) yield [element, element];
    return;
  }
  for (let from = 0; ; from += MEMBERS) {
    const page = await pool.use((client) => client.lrangeBuffer(prefix + key, from, from + MEMBERS - 1));
    for (const element of page) yield [element, element];
    if (page.length < MEMBERS) return;
  }
}

async function* streamEntries(
  { pool, prefix }: Verifying,
  key: string,
  ahead: Ahead | undefined,
): AsyncGenerator<Buffer[], void> {
  if (ahead !== undefined) {
    for (const [id, fields] of ahead.answer as [Buffer, Buffer[]][]) yield [id, ...fields];
    return;
  }
  for (let after = '-'; ;) {
    const page = await pool.use((client) => client.xrangeBuffer(prefix + key, after, '+', 'COUNT', MEMBERS));
    for (const [id, fields] of page) yield [id, ...fields];
    if (page.length < MEMBERS) return;
    after = `(${page.at(-1)![0].toString()}`;
  }
}

/** Sets and sorted sets: every expected member is asked for; where there are others, they are searched. */
async function compareSet(
  verifying: Verifying,
  keys: ExpectedKeys,
  { key, size }: Found,
  as: 'set' | 'zset',
  ahead: Ahead | undefined,
): Promise<void> {
  const { pool, prefix, found, digest } = verifying;
  let present = 0;
  for (const page of ahead === undefined ? keys.members(key, MEMBERS) : [ahead.expected]) {
    const reply =
      ahead?.answer ??
      (await pool.use(async (client) => {
        const pipeline = client.pipeline();
        ask(pipeline, as, prefix + key, page);
        return (await replies(pipeline))[0];
      }));
    const answers = reply as (string | number | null)[];
    for (const [i, member] of page.entries()) {
      const answer = answers[i]!;
      if (answer === null || answer === 0) {
        if (!member.isPast) found({ kind: 'missing entry', key: `${key} ${shown(member.value!)}` });
        continue;
      }
      present++;
      addTo(digest, key, member.value!, Buffer.from(as === 'zset' ? String(answer) : ''));
      if (as === 'zset' && !sameScore(member.score!, String(answer)))
        found({
          kind: 'property',
          key,
          column: shown(member.value!),
          expected: String(member.score),
          found: String(answer),
        });
    }
  }
  if (size > present) await nameExtra(verifying, keys, key, as);
}

async function nameExtra(
  { pool, prefix, found }: Verifying,
  keys: ExpectedKeys,
  key: string,
  as: 'set' | 'zset',
): Promise<void> {
  const isExpected = keys.memberTest(key);
  let named = 0;
  for await (const page of scanMembers(pool, as === 'set' ? 'SSCAN' : 'ZSCAN', prefix + key)) {
    for (let i = 0; i < page.length && named < NAMED; i += as === 'set' ? 1 : 2) {
      if (isExpected(page[i]!)) continue;
      named++;
      found({ kind: 'extra entry', key: `${key} ${shown(page[i]!)}` });
    }
    if (named >= NAMED) return;
  }
}
