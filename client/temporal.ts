import type { Client, Connection } from '@temporalio/client';
import { SqliftError } from '../core/errors';
import type { Settings } from './settings';

/** A connection to Temporal and what to show of it. */
export interface TemporalLink {
  client: Client;
  connection: Connection;
  namespace: string;
  /** `host:port`. */
  address: string;
  /** Where the address came from. */
  origin: string;
  /** Root of the Web UI, where it is known. */
  webUrl?: string;
}

/** What the embedded server answers to. */
export interface EmbeddedTemporal {
  address: string;
  webUrl: string;
}

const CONNECT_MS = 5_000;

/**
 * Connects to the configured Temporal, else to the embedded one. Throws TemporalUnreachable, naming host, port and setting;
 * UsageInvalid when the profile or its file is wrong.
 */
export async function openTemporal(settings: Settings, embedded: EmbeddedTemporal | undefined): Promise<TemporalLink> {
  const target = settings.temporal === undefined ? embeddedTarget(embedded) : await configuredTarget(settings);
  const { Client, Connection } = await import('@temporalio/client');
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...target.options, connectTimeout: CONNECT_MS });
  } catch (error) {
    throw unreachable(target, error);
  }
  const client = new Client({ connection, namespace: target.namespace });
  try {
    await connection.withDeadline(Date.now() + CONNECT_MS, () =>
      connection.workflowService.describeNamespace({ namespace: target.namespace }),
    );
  } catch (error) {
    await connection.close();
    throw unreachable(target, error);
  }
  const { namespace, address, origin, webUrl } = target;
  return { client, connection, namespace, address, origin, ...(webUrl !== undefined && { webUrl }) };
}

interface Target {
  options: Record<string, unknown>;
  namespace: string;
  address: string;
  origin: string;
  webUrl: string | undefined;
}

function embeddedTarget(embedded: EmbeddedTemporal | undefined): Target {
  if (embedded === undefined) {
    throw new SqliftError('TemporalUnreachable', 'No Temporal is configured, and the embedded one does not run', {
      server: 'temporal',
    });
  }
  const { address, webUrl } = embedded;
  return { options: { address }, namespace: 'default', address, origin: 'embedded stack', webUrl };
}

async function configuredTarget(settings: Pick<Settings, 'temporal' | 'env'>): Promise<Target> {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  const origin = settings.temporal!.origin;
  try {
    const config = loadClientConnectConfig({ overrideEnvVars: definedOnly(settings.env) });
    const options = config.connectionOptions as Record<string, unknown>;
    const address = typeof options.address === 'string' ? options.address : 'localhost:7233';
    const namespace = config.namespace ?? 'default';
    return { options, namespace, address, origin, webUrl: webUrlOf(address, namespace, settings.env) };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new SqliftError('UsageInvalid', `${origin}: ${message}`, { server: 'temporal' }, { cause });
  }
}

/** The configured Temporal for people: address and namespace, and whether it is spoken to with TLS and a key. Secrets stay out. */
export async function describeTemporal(
  origin: string,
  env: NodeJS.ProcessEnv,
): Promise<Record<string, { value: string; origin: string }>> {
  const { address, namespace, options } = await configuredTarget({ temporal: { value: '', origin }, env });
  const from = (name: string): string =>
    env[name] === undefined || env[name] === '' ? `@temporalio/envconfig, ${origin}` : `environment ${name}`;
  return {
    'temporal.address': { value: address, origin: from('TEMPORAL_ADDRESS') },
    'temporal.namespace': { value: namespace, origin: from('TEMPORAL_NAMESPACE') },
    'temporal.tls': {
      value: options.tls === undefined || options.tls === false ? 'off' : 'on',
      origin: from('TEMPORAL_TLS'),
    },
    'temporal.apiKey': { value: options.apiKey === undefined ? 'none' : '***', origin: from('TEMPORAL_API_KEY') },
  };
}

/** A configured server does not say where its Web UI is: TEMPORAL_UI_URL does, and two places are well known. */
function webUrlOf(address: string, namespace: string, env: NodeJS.ProcessEnv): string | undefined {
  if (env.TEMPORAL_UI_URL) return env.TEMPORAL_UI_URL.replace(/\/+$/, '');
  if (/\.tmprl\.cloud:\d+$/.test(address) || (/\.temporal\.io:\d+$/.test(address) && namespace.includes('.')))
    return 'https://cloud.temporal.io';
  if (/^(localhost|127\.0\.0\.1):7233$/.test(address)) return 'http://localhost:8233';
  return undefined;
}

function unreachable(target: Target, cause: unknown): SqliftError {
  const { code, details, message } = cause as { code?: number; details?: string; message?: string };
  const place = { server: 'temporal' };
  const where = `Temporal at ${target.address} (${target.origin})`;
  // gRPC status numbers: 5 not found, 7 permission denied, 16 unauthenticated.
  if (code === 5)
    return new SqliftError('TemporalUnreachable', `${where} has no namespace ${target.namespace}`, place, { cause });
  if (code === 7 || code === 16)
    return new SqliftError('TemporalUnreachable', `${where} refuses these credentials: ${details ?? message}`, place, {
      cause,
    });
  return new SqliftError('TemporalUnreachable', `${where} does not answer`, place, { cause });
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The page of a workflow in the Web UI. */
export function workflowUrl(link: TemporalLink, workflowId: string, executionId?: string): string | undefined {
  if (link.webUrl === undefined) return undefined;
  const execution = executionId === undefined ? '' : `/${executionId}/history`;
  return `${link.webUrl}/namespaces/${encodeURIComponent(link.namespace)}/workflows/${encodeURIComponent(workflowId)}${execution}`;
}
