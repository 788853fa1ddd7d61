import { randomInt } from 'node:crypto';
import type { WorkflowIdConflictPolicy } from '@temporalio/client';
import { runFiles } from '../stores/artifacts/run-files';
import { SqliftError } from '../core/errors';
import { feedStoresOf } from '../core/feeds/planned';
import { isPlain } from '../core/expand-plan';
import { migrationWorkflowId, runId } from '../core/ids';
import { SEARCH_ATTRIBUTES } from '../core/search-attributes';
import type { MigrationInput } from '../workflows/messages';
import { buildId } from './worker-process';
import type { ReadyPlan } from './plans';
import type { KnownRun } from './runs';
import type { Session } from './session';

/** What a run is told besides its plan. */
export interface RunOptions {
  acceptQuarantine?: boolean;
  independent?: boolean;
}

/** Starts a run of a plan. Throws RunActive when one is going, and leaves nothing behind then. */
export async function startRun(
  session: Session,
  plan: ReadyPlan,
  { acceptQuarantine = false, independent = false }: RunOptions,
): Promise<KnownRun> {
  const link = await session.temporal();
  const startedAt = new Date();
  const { name } = plan.plan;
  const run = runId(name, startedAt, suffix());
  const workflowId = migrationWorkflowId(name);
  const { artifacts } = session;
  try {
    await artifacts.put(
      runFiles.connections(run),
      JSON.stringify(session.connections(['postgres', ...feedStoresOf(plan.plan)])),
    );
    const sha256 = await artifacts.put(runFiles.plan(run), plan.text);
    await artifacts.put(runFiles.parsedPlan(run), JSON.stringify({ sha256, plan: plan.plan }));
    if (!isPlain(plan.plan)) await artifacts.put(runFiles.catalogs(run), JSON.stringify(plan.catalogs));
    const input: MigrationInput = {
      run,
      plan: name,
      planArtifact: { key: runFiles.plan(run), sha256 },
      acceptQuarantine,
      independent,
    };
    const handle = await link.client.workflow.start('migrationWorkflow', {
      workflowId,
      taskQueue: session.settings.taskQueue.value,
      args: [input],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL' satisfies WorkflowIdConflictPolicy,
      staticSummary: `${name}: ${plan.summary}`.slice(0, 180),
      staticDetails: details(plan, run, session.context.command),
      typedSearchAttributes: await attributes(run, name),
      memo: { run, plan: name, planSha256: sha256, version: buildId() },
    });
    return { run, plan: name, workflowId, startedAt, execution: { id: handle.firstExecutionRunId, status: 'RUNNING' } };
  } catch (error) {
    await artifacts.remove(runFiles.all(run));
    if (error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError')
      throw await activeError(session, workflowId, name);
    throw error;
  }
}

async function attributes(run: string, plan: string) {
  const { defineSearchAttributeKey } = await import('@temporalio/common');
  return [
    { key: defineSearchAttributeKey('SqliftRun', SEARCH_ATTRIBUTES.SqliftRun), value: run },
    { key: defineSearchAttributeKey('SqliftPlan', SEARCH_ATTRIBUTES.SqliftPlan), value: plan },
    { key: defineSearchAttributeKey('SqliftState', SEARCH_ATTRIBUTES.SqliftState), value: 'running' },
  ];
}

async function activeError(session: Session, workflowId: string, plan: string): Promise<SqliftError> {
  const link = await session.temporal();
  const memo = await link.client.workflow
    .getHandle(workflowId)
    .describe()
    .then(
      (description) => description.memo as { run?: string } | undefined,
      () => undefined,
    );
  const { command } = session.context;
  const name = memo?.run ?? plan;
  return new SqliftError(
    'RunActive',
    `Plan ${plan} has a run already going: ${name}; \`${command} watch ${name}\` shows it`,
  );
}

/** The Web UI's page about the run, in its own Markdown. */
function details({ outline }: ReadyPlan, run: string, command: string): string {
  const sources = Object.entries(outline.sources).map(
    ([name, source]) => `- **${name}**: ${Object.keys(source.tables).length} tables → schema \`${source.schema}\``,
  );
  const lines = [
    ...sources.slice(0, 50),
    '',
    `\`${command} watch ${run}\` follows it, \`${command} rollback ${run}\` takes it back`,
  ];
  return lines.join('\n');
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

function suffix(): string {
  return Array.from({ length: 6 }, () => ALPHABET[randomInt(ALPHABET.length)]!).join('');
}
