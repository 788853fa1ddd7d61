import { METRICS, type Index, type IndexSettings, type Metric } from './catalog';
import { ApiError, invalid } from './errors';
import { integerOf, isObject, objectOf, optional, refuseOthers, textOf, type JsonObject } from './input';
import { LIMITS } from './limits';

/**
 * An index as the control plane's JSON has it: up to version 2026-04 with dimension, metric and `spec.serverless`, from
 * 2026-07 on with `deployment` and `schema`, where the field `_values` stands for the vectors of the vectors API.
 */

const VECTOR_FIELD = '_values';

const hasSchema = (version: string): boolean => version >= '2026-07';

export function modelOf(index: Index, { version, origin }: { version: string; origin: string }): JsonObject {
  const { name, dimension, metric, cloud, region, tags } = index;
  const capacity = { mode: 'OnDemand', status: { state: 'Ready' } };
  const common = {
    name,
    // With its scheme, else the SDKs take https.
    host: `${origin}/data/${name}`,
    status: { ready: true, state: 'Ready' },
    deletion_protection: index.deletionProtection,
    ...(Object.keys(tags).length > 0 && { tags }),
  };
  if (!hasSchema(version)) {
    const spec = { serverless: { cloud, region, read_capacity: capacity } };
    return { ...common, dimension, metric, vector_type: 'dense', spec };
  }
  return {
    ...common,
    deployment: { deployment_type: 'managed', cloud, region },
    read_capacity: capacity,
    schema: { fields: { [VECTOR_FIELD]: { type: 'dense_vector', dimension, metric } } },
  };
}

/** What a request to create an index asks for, in the shape of its version. */
export function settingsOf(body: unknown, version: string): IndexSettings {
  const given = bodyObject(body);
  const { cloud, region, dimension, metric } = hasSchema(version) ? fromSchema(given) : fromSpec(given);
  if (!['aws', 'gcp', 'azure'].includes(cloud) || region === '')
    throw new ApiError('NOT_FOUND', `Resource cloud: ${cloud} region: ${region} not found.`);
  return {
    name: nameOf(required(given, 'name')),
    dimension: integerOf(dimension, 'dimension', 1, LIMITS.dimension),
    metric: optional(metric, metricOf) ?? 'cosine',
    cloud,
    region,
    deletionProtection: optional(given.deletion_protection, protectionOf) ?? 'disabled',
    tags: withTags({}, optional(given.tags, tagsOf) ?? {}),
  };
}

/** The index with the changes that a request to configure it asks for. */
export function configured(index: Index, body: unknown, version: string): Index {
  const given = bodyObject(body);
  refuseOthers(given, ['deletion_protection', 'tags', 'read_capacity', 'spec', 'deployment', 'schema']);
  optional(given.read_capacity, checkCapacity);
  if (hasSchema(version)) {
    if (isObject(given.schema) && Object.keys(given.schema.fields ?? {}).length > 0) throw otherThanVectors('schema');
  } else {
    const spec = optional(given.spec, (value) => objectOf(value, 'spec')) ?? {};
    if (isObject(spec.pod) || isObject(spec.byoc))
      throw invalid('The index is serverless: it has no pods to configure');
    if (isObject(spec.serverless)) optional(spec.serverless.read_capacity, checkCapacity);
  }
  return {
    ...index,
    deletionProtection: optional(given.deletion_protection, protectionOf) ?? index.deletionProtection,
    tags: withTags(index.tags, optional(given.tags, tagsOf) ?? {}),
  };
}

interface Shape {
  cloud: string;
  region: string;
  dimension: unknown;
  metric: unknown;
}

function fromSpec(given: JsonObject): Shape {
  refuseOthers(given, ['name', 'dimension', 'metric', 'spec', 'deletion_protection', 'tags', 'vector_type']);
  const spec = objectOf(required(given, 'spec'), 'spec');
  if (!isObject(spec.serverless)) throw otherThanVectors('a spec other than serverless');
  if ((given.vector_type ?? 'dense') !== 'dense') throw otherThanVectors('vector_type sparse');
  const { cloud, region, read_capacity, ...others } = spec.serverless;
  refuseOthers(others, []);
  optional(read_capacity, checkCapacity);
  return {
    cloud: textOf(cloud, 'cloud'),
    region: textOf(region, 'region'),
    dimension: required(given, 'dimension'),
    metric: given.metric,
  };
}

function fromSchema(given: JsonObject): Shape {
  refuseOthers(given, ['name', 'schema', 'deployment', 'read_capacity', 'deletion_protection', 'tags']);
  const deployment = optional(given.deployment, (value) => objectOf(value, 'deployment'));
  if (deployment !== undefined && deployment.deployment_type !== 'managed')
    throw otherThanVectors('a deployment other than managed');
  optional(given.read_capacity, checkCapacity);
  const fields = objectOf(objectOf(required(given, 'schema'), 'schema').fields, 'schema.fields');
  const { [VECTOR_FIELD]: field, ...others } = fields;
  if (!isObject(field) || field.type !== 'dense_vector' || Object.keys(others).length > 0)
    throw otherThanVectors(`a schema of other fields than one dense_vector ${VECTOR_FIELD}`);
  return {
    cloud: deployment === undefined ? 'aws' : textOf(deployment.cloud, 'cloud'),
    region: deployment === undefined ? 'us-east-1' : textOf(deployment.region, 'region'),
    dimension: required(field, 'dimension'),
    metric: field.metric,
  };
}

/** Pinecone has more kinds of indexes than this server: it does not pretend. */
const otherThanVectors = (what: string): Error =>
  invalid(`${what}: sqlift's local development endpoint serves serverless indexes of dense vectors only`);

function bodyObject(body: unknown): JsonObject {
  if (!isObject(body))
    throw new ApiError(
      'UNPROCESSABLE_ENTITY',
      'Failed to deserialize the JSON body into the target type: expected a map',
    );
  return body;
}

function required(given: JsonObject, name: string): unknown {
  if (given[name] !== undefined && given[name] !== null) return given[name];
  throw new ApiError(
    'UNPROCESSABLE_ENTITY',
    `Failed to deserialize the JSON body into the target type: missing field \`${name}\``,
  );
}

function nameOf(value: unknown): string {
  const name = textOf(value, 'name');
  if (name.length < 1 || name.length > LIMITS.indexName)
    throw invalid(`Name must be between 1 and ${LIMITS.indexName} characters long`);
  if (!/^[a-z0-9-]+$/.test(name)) throw invalid("Name must consist of lower case alphanumeric characters or '-'");
  if (name.startsWith('-') || name.endsWith('-'))
    throw invalid('Name must start and end with an alphanumeric character');
  return name;
}

function metricOf(value: unknown): Metric {
  const metric = METRICS.find((one) => one === value);
  if (metric === undefined) throw invalid(`metric must be one of ${METRICS.join(', ')}`);
  return metric;
}

function protectionOf(value: unknown): 'enabled' | 'disabled' {
  if (value !== 'enabled' && value !== 'disabled') throw invalid('deletion_protection must be enabled or disabled');
  return value;
}

function checkCapacity(value: unknown): void {
  if (objectOf(value, 'read_capacity').mode !== 'OnDemand') throw otherThanVectors('dedicated read capacity');
}

function tagsOf(value: unknown): Record<string, string> {
  const tags = objectOf(value, 'tags');
  for (const [key, text] of Object.entries(tags)) {
    if (!/^[\w-]+$/.test(key) || key.length > LIMITS.tagKey)
      throw invalid(`Tag keys are up to ${LIMITS.tagKey} alphanumeric characters, '_' or '-'`);
    if (typeof text !== 'string' || !/^[A-Za-z0-9;@_.+ -]*$/.test(text) || text.length > LIMITS.tagValue)
      throw invalid(
        `Tag values are up to ${LIMITS.tagValue} alphanumeric characters, ';', '@', '_', '-', '.', '+' or ' '`,
      );
  }
  return tags as Record<string, string>;
}

/** An empty value unsets a tag. */
function withTags(tags: Record<string, string>, changes: Record<string, string>): Record<string, string> {
  const all = Object.entries({ ...tags, ...changes }).filter(([, text]) => text !== '');
  if (all.length > LIMITS.tags) throw invalid(`An index has at most ${LIMITS.tags} tags`);
  return Object.fromEntries(all);
}
