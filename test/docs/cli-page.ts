import type { Command } from 'commander';
import { buildProgram, commandNames } from '../../client/program';
import type { Run } from '../../client/command';

/** Commands are described, never run. */
const NEVER: Run = () => () => Promise.reject(new Error('not to be run'));

/** The program with every command loaded whole. */
export const wholeProgram = (): Promise<Command> => buildProgram(NEVER, commandNames());

/** docs/cli.md: the help of the program, of each command and of each subcommand. */
export async function cliPage(): Promise<string> {
  const program = await wholeProgram();
  const intro = [
    '# The command line',
    '',
    'This page is made from the program’s own help by `SQLIFT_UPDATE=1 npx jest test/docs`. In a checkout the program is `./sqlift`.',
    '',
    'Data goes to stdout, everything else to stderr. `--json` prints one object; that of a run fits',
    '[schemas/run.v1.json](../schemas/run.v1.json). Where a command takes a run, a unique beginning or end of its id will do, and',
    'without one the newest is meant. [exit-codes.md](exit-codes.md) lists how commands end, [errors.md](errors.md) every error.',
    '',
    'A setting is looked for in this order: option, environment, `.env` of the current folder, plan, embedded server.',
    '`sqlift config show` tells each setting’s value and where it came from.',
    '',
  ];
  const sections = [section(program, ''), ...program.commands.flatMap((command) => sectionsOf(command, ''))];
  return [...intro, ...sections].join('\n');
}

function sectionsOf(command: Command, above: string): string[] {
  const path = `${above}${above === '' ? '' : ' '}${command.name()}`;
  const children = command.commands.filter((child) => child.name() !== 'help');
  return [section(command, path), ...children.flatMap((child) => sectionsOf(child, path))];
}

function section(command: Command, path: string): string {
  const depth = path.includes(' ') ? '###' : '##';
  const lines: string[] = [];
  command.configureHelp({ helpWidth: 100 });
  command.configureOutput({ writeOut: (text) => void lines.push(text), getOutHasColors: () => false });
  command.outputHelp();
  return `${depth} ${path === '' ? 'sqlift' : path}\n\n\`\`\`text\n${lines.join('').trim().replaceAll(/ +$/gm, '')}\n\`\`\`\n`;
}
