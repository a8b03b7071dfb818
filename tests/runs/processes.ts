import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program that was started: its output, whose lines can be waited for, and its exit code (null when killed). */
export interface Running {
  readonly process: ChildProcess;
  /** Ends once the output holds the line so many times, or the program has ended without. */
  says(line: string, times: number): Promise<void>;
  readonly ended: Promise<{ code: number | null; output: string }>;
}

export function start(command: string, ...args: string[]): Running {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => (output += data));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  const says = async (line: string, times: number) => {
    const said = () => output.split('\n').filter(other => other === line).length >= times;
    const found = new Promise<void>(resolve => child.stdout.on('data', () => said() && resolve()));
    if (!said()) await Promise.race([found, ended]);
  };
  return { process: child, says, ended };
}
