import { stackHome, stackStatus } from '../../stack';
import type { StackStatus } from '../../stack';
import { LEDGER_SCHEMA } from '../../core/ids';
import type { CommandModule } from '../command';
import { redact } from '../redact';
import { textTable } from '../report/table';
import { rememberEmbedded } from '../session';
import type { Setting } from '../settings';
import type { StoreSettings } from '../store-settings';
import { describeTemporal } from '../temporal';

export const define: CommandModule['define'] = (command, run) => {
  command
    .command('show')
    .description('Every setting with its value and where it came from; passwords are hidden.')
    .option('--json', 'print one JSON object')
    .action(
      run(async (context, { json }: { json?: boolean }) => {
        const settings = context.settings();
        const home = settings.home ?? { value: stackHome(settings.env), origin: 'default' };
        const embedded = await stackStatus({ home: home.value });
        rememberEmbedded(embedded);
        const postgres = settings.postgres ?? {
          value: embedded.postgres?.url ?? 'embedded, not running',
          origin: 'embedded stack',
        };
        const shown: Record<string, Setting<string | number>> = {
          home,
          postgres: { ...postgres, value: redact(postgres.value) },
          'postgres.ledger': { value: LEDGER_SCHEMA, origin: 'fixed' },
          ...(await temporalSettings(settings.temporal, settings.env, embedded.temporal?.address)),
          ...storeSettings(settings, embedded),
          taskQueue: settings.taskQueue,
          'worker.idleSeconds': settings.workerIdleSeconds,
        };
        const { terminal } = context;
        if (json === true) return terminal.json(shown);
        terminal.out(
          textTable(
            ['setting', 'value', 'from'],
            Object.entries(shown).map(([name, { value, origin }]) => [name, String(value), origin]),
            [],
            terminal.dataColors.dim,
          ),
        );
      }),
    );
};

/** Of the other stores and of those that compute embeddings: what is configured, and where the embedded ones are. */
function storeSettings(
  { neo4j, pinecone, redis, openai, ollama }: StoreSettings,
  embedded: StackStatus,
): Record<string, Setting> {
  const shown = (setting: Setting): Setting => ({ ...setting, value: redact(setting.value) });
  const hidden = (setting: Setting): Setting => ({ ...setting, value: '***' });
  const own = (url: string | undefined): Setting => ({
    value: url === undefined ? 'embedded, not running' : redact(url),
    origin: 'embedded stack',
  });
  return {
    'neo4j.uri': neo4j === undefined ? own(embedded.neo4j?.url) : shown(neo4j.uri),
    ...(neo4j?.username && { 'neo4j.username': neo4j.username }),
    ...(neo4j?.password && { 'neo4j.password': hidden(neo4j.password) }),
    ...(neo4j?.database && { 'neo4j.database': neo4j.database }),
    ...(pinecone === undefined && { 'pinecone.controllerHost': own(embedded.pinecone?.url) }),
    ...(pinecone?.controllerHost && { 'pinecone.controllerHost': shown(pinecone.controllerHost) }),
    ...(pinecone?.apiKey && { 'pinecone.apiKey': hidden(pinecone.apiKey) }),
    redis: redis === undefined ? own(embedded.redis?.url) : shown(redis),
    ...(openai && { 'openai.apiKey': hidden(openai) }),
    ...(ollama && { 'ollama.host': shown(ollama) }),
  };
}

async function temporalSettings(
  configured: Setting | undefined,
  env: NodeJS.ProcessEnv,
  embedded: string | undefined,
): Promise<Record<string, Setting>> {
  if (configured === undefined) {
    return {
      'temporal.address': { value: embedded ?? 'embedded, not running', origin: 'embedded stack' },
      'temporal.namespace': { value: 'default', origin: 'embedded stack' },
    };
  }
  return await describeTemporal(configured.origin, env);
}
