import { stackHome, stackStatus } from '../../stack';
import { LEDGER_SCHEMA } from '../../core/ids';
import type { CommandModule } from '../command';
import { redact } from '../redact';
import { textTable } from '../report/table';
import type { Setting } from '../settings';
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
        const postgres = settings.postgres ?? {
          value: embedded.postgres?.url ?? 'embedded, not running',
          origin: 'embedded stack',
        };
        const shown: Record<string, Setting<string | number>> = {
          home,
          postgres: { ...postgres, value: redact(postgres.value) },
          'postgres.ledger': { value: LEDGER_SCHEMA, origin: 'fixed' },
          ...(await temporalSettings(settings.temporal, settings.env, embedded.temporal?.address)),
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
