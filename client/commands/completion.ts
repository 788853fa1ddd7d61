import { Argument } from 'commander';
import type { CommandModule } from '../command';
import { bashCompletion, fishCompletion, wordsOf, zshCompletion } from '../completion';
import { buildProgram, commandNames } from '../program';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

export const define: CommandModule['define'] = (command, run) => {
  command
    .addArgument(new Argument('<shell>', 'the shell to print completion for').choices(Object.keys(SHELLS)))
    .addHelpText('after', '\nFor example, in ~/.bashrc:  eval "$(sqlift completion bash)"')
    .action(
      run(async (context, shell: keyof typeof SHELLS) => {
        const program = await buildProgram(run, commandNames());
        context.terminal.out(SHELLS[shell](wordsOf(program)));
      }),
    );
};
