import { SqliftError } from '../../core/errors';
import type { Feed } from '../../core/feeds/feed';
import type { StoreFacts } from '../feed-store';
import type { Neo4jClient } from './connection';
import { isOn, modelOf, uniqueConstraints } from './model';
import type { NodeModel } from './model';
import { quote } from './names';

const OLDEST = 5;

/** Proves that the graph can be built. @throws SqliftError */
export async function checkNeo4j(client: Neo4jClient, feeds: readonly Feed[]): Promise<StoreFacts> {
  const [server] = await client.run<{ version: string; edition: string }>(
    `CALL dbms.components() YIELD name, versions, edition WHERE name = 'Neo4j Kernel' RETURN versions[0] AS version, edition`,
  );
  const { version = 'of an unknown version', edition = '' } = server ?? {};
  if (!(Number.parseInt(version, 10) >= OLDEST))
    throw new SqliftError('TargetTooOld', `Neo4j is ${version}, and ${OLDEST} or later is needed`, { server: 'neo4j' });
  const { nodes, relationships } = modelOf(feeds, []);
  // A query's columns are not known yet, and its key may have another name in the graph: those are found out when constraints are made.
  for (const node of nodes) await checkKeys(client, node);
  const isThere = await client.run<{ label: string }>('CALL db.labels() YIELD label');
  const found = nodes.filter(({ labels }) => isThere.some(({ label }) => label === labels[0]));
  const seenEarly = [
    ...(relationships.length > 0
      ? ['Until the cut-over, new relationships are seen by whoever asks for their type without saying which nodes.']
      : []),
    'Until the cut-over, new nodes are seen by whoever asks for nodes of any label.',
    ...found.map(
      ({ labels: [label] }) =>
        `Nodes ${label} that are there already and have a key of the run get its properties and relationships before the cut-over.`,
    ),
  ];
  return { version: `${version} ${edition}`.trim(), seenEarly };
}

/** That the key is unique among the nodes that are there, and that its constraint can be made. */
async function checkKeys(client: Neo4jClient, node: NodeModel): Promise<void> {
  if ((await uniqueConstraints(client.run)).some((schema) => isOn(schema, node))) return;
  const [label] = node.labels as [string];
  const indexes = await client.run<{ name: string; labels: string[] | null; properties: string[] | null }>(
    `SHOW INDEXES YIELD name, type, labelsOrTypes AS labels, properties, owningConstraint, entityType
     WHERE type = 'RANGE' AND entityType = 'NODE' AND owningConstraint IS NULL RETURN name, labels, properties`,
  );
  const inTheWay = indexes.find(
    ({ labels, properties }) => labels?.[0] === label && properties?.join('\0') === node.key.join('\0'),
  );
  if (inTheWay !== undefined)
    throw new SqliftError(
      'TargetMismatch',
      `${node.feed}: the index ${inTheWay.name} in Neo4j is in the way of a constraint that keeps keys unique; drop it, the constraint is an index, too`,
      { table: node.feed, server: 'neo4j' },
    );
  const key = node.key.map((property) => `n.${quote(property)}`);
  const twice = await client.run(
    `MATCH (n:${quote(label)}) WHERE ${key.map((part) => `${part} IS NOT NULL`).join(' AND ')}
     WITH ${key.map((part, i) => `${part} AS k${i}`).join(', ')}, count(*) AS n WHERE n > 1 RETURN 1 LIMIT 1`,
  );
  if (twice.length > 0)
    throw new SqliftError(
      'TargetMismatch',
      `${node.feed}: nodes ${label} that are in Neo4j already have the same ${node.key.join(', ')} more than once`,
      { table: node.feed, server: 'neo4j' },
    );
}
