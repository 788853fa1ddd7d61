import type { Command } from 'commander';

/** Completion scripts, made from the commands themselves: static words, so that pressing TAB starts no program. */

export interface Words {
  /** Words before the one to complete, joined by spaces: '' for the program itself, `quarantine list` for a subcommand. */
  path: string;
  summary: string;
  subcommands: { name: string; summary: string }[];
  options: { flags: string[]; summary: string }[];
}

/** Every command and subcommand with what may follow it. */
export function wordsOf(program: Command): Words[] {
  const shared = optionsOf(program);
  const walk = (command: Command, path: string): Words[] => {
    const subcommands = command.commands.map((child) => ({
      name: child.name(),
      summary: child.summary() || child.description(),
    }));
    const options = command === program ? shared : [...optionsOf(command), ...shared];
    const here = { path, summary: command.summary() || command.description(), subcommands, options };
    return [here, ...command.commands.flatMap((child) => walk(child, `${path} ${child.name()}`.trim()))];
  };
  return walk(program, '');
}

function optionsOf(command: Command): Words['options'] {
  const declared = command.options.map(({ short, long, description }) => ({
    flags: [short, long].filter((flag) => flag != null),
    summary: description,
  }));
  return [...declared, { flags: ['-h', '--help'], summary: 'show help' }];
}

/** Words after a command's path; options only once a dash has been typed. */
function cases(words: readonly Words[]): string {
  return words
    .map(({ path, subcommands, options }) => {
      const names = subcommands.map(({ name }) => name).join(' ');
      const flags = [...new Set(options.flatMap((option) => option.flags))].join(' ');
      return `    '${path}') names='${names}' flags='${flags}' ;;`;
    })
    .join('\n');
}

export function bashCompletion(words: readonly Words[]): string {
  return `# bash completion for sqlift: eval "$(sqlift completion bash)"
_sqlift() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' word names='' flags=''
  local index=1
  while [ "$index" -lt "$COMP_CWORD" ]; do
    word=\${COMP_WORDS[index]}
    index=$((index + 1))
    case $word in -*) continue ;; esac
    case " ${words.flatMap(({ path, subcommands }) => subcommands.map(({ name }) => `${path} ${name}`.trim().replaceAll(' ', ':'))).join(' ')} " in
      *" \${path:+$path:}$word "*) path="\${path:+$path:}$word" ;;
    esac
  done
  case \${path//:/ } in
${cases(words)}
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$names" -- "$current")) ;;
  esac
  [ -n "$names" ] || [ "\${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _sqlift sqlift ./sqlift
`;
}

export function zshCompletion(words: readonly Words[]): string {
  const described = (entries: { name: string; summary: string }[]): string =>
    entries.map(({ name, summary }) => quoted(`${name}:${summary.replaceAll(':', ' ')}`)).join(' ');
  const branches = words.map(({ path, subcommands, options }) => {
    const flags = options.flatMap((option) => option.flags.map((name) => ({ name, summary: option.summary })));
    return `    '${path}') names=(${described(subcommands)}); flags=(${described(flags)}) ;;`;
  });
  return `#compdef sqlift
# zsh completion for sqlift: eval "$(sqlift completion zsh)"
_sqlift() {
  local command='' word
  local -a names flags known
  known=(${words.flatMap(({ path, subcommands }) => subcommands.map(({ name }) => quoted(`${path} ${name}`.trim()))).join(' ')})
  for word in "\${words[@][2,CURRENT-1]}"; do
    [[ $word == -* ]] && continue
    (( \${known[(Ie)\${command:+$command }$word]} )) && command="\${command:+$command }$word"
  done
  case $command in
${branches.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then _describe -o option flags
  elif (( \${#names} )); then _describe command names
  else _files
  fi
}
compdef _sqlift sqlift ./sqlift
`;
}

export function fishCompletion(words: readonly Words[]): string {
  const lines = words.flatMap(({ path, subcommands, options }) => {
    const parts = path === '' ? [] : path.split(' ');
    const seen = parts.map((word) => `__fish_seen_subcommand_from ${word}`);
    const none =
      subcommands.length === 0
        ? []
        : [`not __fish_seen_subcommand_from ${subcommands.map(({ name }) => name).join(' ')}`];
    const when = quoted([...seen, ...none].join('; and ') || 'true');
    const whenOption = quoted(seen.join('; and ') || 'true');
    return [
      ...subcommands.map(({ name, summary }) => `complete -c sqlift -n ${when} -f -a ${name} -d ${quoted(summary)}`),
      ...options.map(({ flags, summary }) => {
        const spelled = flags
          .map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
          .join(' ');
        return `complete -c sqlift -n ${whenOption} ${spelled} -d ${quoted(summary)}`;
      }),
    ];
  });
  return `# fish completion for sqlift: sqlift completion fish | source\n${lines.join('\n')}\n`;
}

/** In single quotes, as bash, zsh and fish all read them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
