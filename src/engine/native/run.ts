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
  /Failed to establish a new connection|name resolution|Name or service not known|Could not resolve|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|Network is unreachable|Max retries exceeded|related to network connectivity/i;

/** Whether a command's output says that the network, or a place on it, is out of reach. */
export const saysNoNetwork = (output: string): boolean => NO_NETWORK.test(output);

/**
 * Says in one line why a command failed.
 *
 * @param what what failed, in words
 * @param advice what else to try
 * @param site the place on the network that the command needs, if any
 */
export function commandError(what: string, { output }: Ran, advice: string, site?: string): UserError {
  const network = NO_NETWORK.exec(output);
  if (site && network) {
    return new UserError(
      `${what}: ${site} could not be reached (${network[0]}); check the network, or ${advice}`,
    );
  }
  return new UserError(`${what}: ${tellingLine(output)}; ${advice}`);
}

/** The line of a failed command's output that tells most: its first error, which those that follow come from. */
function tellingLine(output: string): string {
  const lines = output
    .split('\n')
    .filter(line => !/^(npm|gyp)? ?warn/i.test(line))
    .map(line => line.replace(/^((npm|gyp|node-pre-gyp) ERR!|npm error|ERROR:)\s*(stack\s)?/, '').trim())
    .filter(line => line !== '');
  const error = lines.find(line => /error:/i.test(line)) ?? lines.find(line => SAYS_ERROR.test(line));
  return (error ?? lines.at(-1) ?? 'it printed nothing').slice(0, 300);
}

const SAYS_ERROR = /error|cannot|could not|not found|no module|failed|ended by/i;

/** The Python that node-gyp would take, too. */
export const python = (): string => process.env.PYTHON ?? 'python3';
