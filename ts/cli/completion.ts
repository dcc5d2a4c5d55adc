// sublinear completion bash|zsh|fish: the script that lets a shell complete verbs, options and their values. It is made from
// what the program itself knows, so that there is no list to keep.
import type { Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface Verb {
  name: string;
  description: string;
  /** What may stand in place of a file: names of shells. */
  words: readonly string[];
  options: {
    flags: readonly string[];
    description: string;
    /** Takes a value; these, when there is a list. */
    value: boolean;
    choices: readonly string[];
  }[];
}

/** The script; `eval "$(sublinear completion bash)"` takes it. */
export function completion(program: Command, shell: Shell): string {
  const verbs = program.commands.map(
    (command): Verb => ({
      name: command.name(),
      description: command.description(),
      words: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
      options: command
        .createHelp()
        .visibleOptions(command)
        .map((option) => ({
          flags: [option.short, option.long].filter((flag) => flag !== undefined && flag !== null),
          description: option.description,
          value: option.required || option.optional,
          choices: option.argChoices ?? [],
        })),
    }),
  );
  return { bash, zsh, fish }[shell](verbs);
}

const flagsOf = ({ options }: Verb) => options.flatMap(({ flags }) => flags);

/** For each verb: the values of options with a list, no word after another option with a value, else options. */
function bash(verbs: readonly Verb[]): string {
  const cases = verbs.map((verb) => {
    const values = verb.options
      .filter(({ value }) => value)
      .map(({ flags, choices }) =>
        choices.length > 0
          ? `        ${flags.join('|')}) words='${choices.join(' ')}' ;;\n`
          : `        ${flags.join('|')}) words='' ;;\n`,
      )
      .join('');
    return `    ${verb.name})
      words='${[...flagsOf(verb), ...verb.words].join(' ')}'
      case $previous in
${values}      esac ;;
`;
  });
  return `# bash completion of sublinear: eval "$(sublinear completion bash)"
_sublinear() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${verbs.map(({ name }) => name).join(' ')} --help --version' -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('')}  esac
  # Nothing: the shell completes names of files.
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _sublinear sublinear
`;
}

/** A word in single quotes. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function zsh(verbs: readonly Verb[]): string {
  // In a specification brackets and colons have a meaning.
  const plain = (text: string) => text.replaceAll(/[[\]:\\]/g, (found) => `\\${found}`);
  const cases = verbs.map((verb) => {
    const specs = verb.options.flatMap(({ flags, description, value, choices }) => {
      const action = choices.length > 0 ? `(${choices.join(' ')})` : '_files';
      return flags.map((flag) =>
        quoted(`*${flag}[${plain(description)}]${value ? `:value:${action}` : ''}`),
      );
    });
    const words = verb.words.length > 0 ? `(${verb.words.join(' ')})` : '_files';
    return `    ${verb.name}) _arguments ${[...specs, quoted(`*:file:${words}`)].join(' ')} ;;\n`;
  });
  const names = verbs.map(({ name, description }) => quoted(`${name}:${plain(description)}`));
  return `#compdef sublinear
# zsh completion of sublinear: eval "$(sublinear completion zsh)", after compinit
_sublinear() {
  if (( CURRENT == 2 )); then
    local -a verbs
    verbs=(${names.join(' ')})
    _describe verb verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${cases.join('')}  esac
}
compdef _sublinear sublinear
`;
}

function fish(verbs: readonly Verb[]): string {
  // In fish only these two mean something between single quotes.
  const text = (words: string) => `'${words.replaceAll(/[\\']/g, (found) => `\\${found}`)}'`;
  const lines = verbs.flatMap((verb) => {
    const when = `complete -c sublinear -n '__fish_seen_subcommand_from ${verb.name}'`;
    return [
      `complete -c sublinear -n __fish_use_subcommand -f -a ${verb.name} -d ${text(verb.description)}`,
      ...(verb.words.length > 0 ? [`${when} -f -a ${text(verb.words.join(' '))}`] : []),
      ...verb.options.map(({ flags, description, value, choices }) => {
        const names = flags.map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        const list = choices.length > 0 ? ` -x -a ${text(choices.join(' '))}` : value ? ' -r' : '';
        return `${when} ${names.join(' ')}${list} -d ${text(description)}`;
      }),
    ];
  });
  return `# fish completion of sublinear: sublinear completion fish | source\n${lines.join('\n')}\n`;
}
