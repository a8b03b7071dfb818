import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { UserError } from '../../errors.js';

/** What a command did. */
export interface Ran {
  /** Its exit code; null if there is no such command. */
  readonly status: number | null;
  /** Standard output and standard error. */
  readonly output: string;
}

/** Runs a command to its end. Tests give their own. */
export type Run = (
  command: string,
  args: readonly string[],
  options?: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> },
) => Promise<Ran>;

/** Runs commands for real, and keeps them and all they print in the file `log`. */
export function loggingRun(log: string): Run {
  return (command, args, options = {}) =>
    new Promise((resolve, reject) => {
      appendFileSync(log, `\n$ ${[command, ...args].join(' ')}\n`);
      const env = { ...process.env, ...options.env };
      const child = spawn(command, args, { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      const keep = (text: string) => {
        output += text;
        appendFileSync(log, text);
      };
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', keep);
      child.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') resolve({ status: null, output: '' });
        else reject(error);
      });
      child.once('close', (status, signal) => {
        if (signal) keep(`\n${command} was ended by ${signal}\n`);
        resolve({ status: status ?? 1, output });
      });
    });
}

const NO_NETWORK =
  /name resolution|Name or service not known|Could not resolve|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|Network is unreachable|Failed to establish a new connection|Max retries exceeded/i;

/**
 * Says in one line why a command failed.
 *
 * @param what what failed, in words
 * @param site the place on the network that the command needs, if any
 * @param advice what else to try
 */
export function commandError(what: string, { output }: Ran, advice: string, site?: string): UserError {
  const line = tellingLine(output);
  if (site && NO_NETWORK.test(output)) {
    return new UserError(`${what}: ${site} could not be reached (${line}); check the network, or ${advice}`);
  }
  return new UserError(`${what}: ${line}; ${advice}`);
}

/** The line of a failed command's output that tells most: the first error that is not the tool's own epilogue. */
function tellingLine(output: string): string {
  const lines = output
    .split('\n')
    .map(line => line.replace(/^(npm (error|ERR!)|gyp ERR!|node-pre-gyp ERR!|ERROR:)\s*/, '').trim())
    .filter(line => line !== '');
  const errors = lines.filter(line =>
    /error|cannot|could not|not found|no module|failed|ended by/i.test(line),
  );
  return (errors[0] ?? lines.at(-1) ?? 'it printed nothing').slice(0, 300);
}

/** The Python that node-gyp would take, too. */
export const python = (): string => process.env.PYTHON ?? 'python3';
