import neo4j from 'neo4j-driver';
import type { Driver } from 'neo4j-driver';

/** Everything that is in the store: nodes, relationships with their ends, constraints and indexes; sorted. */
export async function everythingIn(driver: Driver): Promise<string[]> {
  const rows = async (statement: string) =>
    (await driver.executeQuery(statement, {}, { database: 'neo4j' })).records.map((record) => print(record.toObject()));
  return [
    ...(await rows('MATCH (n) RETURN labels(n) AS labels, properties(n) AS p')),
    ...(await rows(
      'MATCH (a)-[r]->(b) RETURN labels(a) AS la, properties(a) AS a, type(r) AS type, properties(r) AS p, labels(b) AS lb, properties(b) AS b',
    )),
    ...(await rows('SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties')),
    ...(await rows('SHOW INDEXES YIELD name, type, labelsOrTypes, properties')),
  ].toSorted();
}

function print(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => {
    if (neo4j.isInt(one)) return `int ${one.toString()}`;
    if (typeof one === 'bigint') return `int ${one}`;
    if (one instanceof Int8Array) return `bytes ${Buffer.from(one).toString('hex')}`;
    if (one !== null && typeof one === 'object' && !Array.isArray(one)) {
      const prototype = Object.getPrototypeOf(one) as object;
      if (prototype !== Object.prototype) return `${one.constructor.name} ${String(one as unknown as string)}`;
      return Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    }
    return Array.isArray(one) && one.every((item) => typeof item === 'string') ? one.toSorted() : one;
  });
}
