import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { UserError } from '../errors.js';
import { codeOf, diskError } from './disk-error.js';

/** The right to write into a run's folder. */
export interface FolderLock {
  /** The file that says so. */
  readonly path: string;
  /** UserError where the claim is gone: someone else may be writing by now. */
  check(): void;
  release(): Promise<void>;
}

/** A process that says it writes here; all it has to say is in its file's name, so that no one reads half of it. */
interface Claim {
  readonly file: string;
  readonly host: string;
  /** The PID namespace, as containers have their own: ids of another one mean nothing here. '' of older versions, or if unknown. */
  readonly namespace: string;
  readonly pid: number;
  /** When the process began, as its system tells it apart from a later one with the same id; `0` if it cannot. */
  readonly begun: string;
}

const ATTEMPTS = 6;
const HOST = hostname().replaceAll(/[^\w.-]/g, '-');
const NAMESPACE = namespaceOf();

/** Milliseconds between two signs of life, and after how many without one a claim has lapsed. */
const HEARTBEAT = 10_000;
const LAPSE = 120_000;

/**
 * Makes this process the folder's only writer, until `release` or its death.
 *
 * Every writer puts down a claim of its own, a file made with the `wx` flag and named after host, process and its start,
 * and only then looks for others: of two that start at once the later one is sure to see the earlier. Whoever sees the
 * claim of a living process takes its own back, waits a moment at random and finally gives up with a UserError. A dead
 * process's claim is removed by whoever finds it, which cannot hit anyone else's, as no two processes share a name.
 *
 * Whether a process lives that another container on the same machine has (another PID namespace) is told by its claim's time,
 * which a thread of the holder renews, however busy that is; it lapses after two minutes. A holder that was only held up for so
 * long finds its claim gone before it writes (`check`). Whether a process on another machine lives cannot be known: its claim
 * counts until someone deletes it. For local file systems.
 */
export async function lockFolder(dir: string, onNotice: (message: string) => void): Promise<FolderLock> {
  const file = `writer.${HOST}.${NAMESPACE}.${process.pid}.${begunOf(process.pid)}.lock`;
  const path = join(dir, file);
  for (let attempt = 1; ; attempt++) {
    await putDown(path, dir);
    const holder = await otherWriter(dir, file, onNotice);
    if (!holder) return held(dir, path);
    await rm(path, { force: true });
    if (attempt === ATTEMPTS)
      throw new UserError(
        `${dir} is being written by process ${holder.pid} on ${holder.host}${isNeighbour(holder) ? ', in another container' : ''}: wait until it is done, or, if that process is gone, delete ${join(dir, holder.file)}`,
      );
    await sleep(10 + 50 * Math.random());
  }
}

function held(dir: string, path: string): FolderLock {
  const heart = heartbeat(path);
  return {
    path,
    check() {
      if (!existsSync(path))
        throw new UserError(
          `${dir} was taken over by another process, as this one gave no sign of life for ${LAPSE / 60_000} minutes: run again, what is finished is kept`,
        );
    },
    async release() {
      await heart.terminate();
      await rm(path, { force: true });
    },
  };
}

/** A thread that renews a file's time: the main one may compute for minutes. It ends with the process. */
function heartbeat(path: string): Worker {
  const program = `const { utimesSync } = require('node:fs');
    const { workerData } = require('node:worker_threads');
    setInterval(() => { try { utimesSync(workerData.path, new Date(), new Date()); } catch {} }, workerData.every);`;
  const worker = new Worker(program, { eval: true, workerData: { path, every: HEARTBEAT } });
  worker.unref();
  return worker;
}

async function putDown(path: string, dir: string): Promise<void> {
  try {
    await (await open(path, 'wx')).close();
  } catch (error) {
    if (codeOf(error) === 'EEXIST')
      throw new UserError(`${dir} is already open in this process: close it first (its lock is ${path})`);
    throw diskError(error, dir);
  }
}

async function otherWriter(
  dir: string,
  own: string,
  onNotice: (message: string) => void,
): Promise<Claim | undefined> {
  for (const file of await readdir(dir)) {
    const claim = claimOf(file);
    if (!claim || file === own) continue;
    if (!(isNeighbour(claim) ? await hasLapsed(join(dir, file)) : isDead(claim))) return claim;
    await rm(join(dir, file), { force: true });
    onNotice(`process ${claim.pid} died while it wrote ${dir}: its lock is removed`);
  }
  return undefined;
}

function claimOf(file: string): Claim | undefined {
  const [, host, namespace = '', pid, begun] =
    /^writer\.(.+?)(?:\.(ns\d*))?\.(\d+)\.([\w-]+)\.lock$/.exec(file) ?? [];
  return host && pid && begun ? { file, host, namespace, pid: Number(pid), begun } : undefined;
}

/** Whether a claim comes from another PID namespace under the same kernel: another container on this machine. */
const isNeighbour = ({ namespace, begun }: Claim): boolean =>
  namespace !== '' &&
  namespace !== NAMESPACE &&
  begun !== '0' &&
  bootOf(begun) === bootOf(begunOf(process.pid));

const bootOf = (begun: string): string | undefined => begun.split('-')[0];

async function hasLapsed(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined || Date.now() - found.mtimeMs > LAPSE;
}

function isDead({ host, pid, begun }: Claim): boolean {
  if (host !== HOST) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
  const now = begunOf(pid);
  return now === 'ended' || (begun !== '0' && now !== '0' && now !== begun);
}

/** `ns4026531836`: the inode of the PID namespace on Linux, see pid_namespaces(7); `ns` elsewhere. */
function namespaceOf(): string {
  try {
    return `ns${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''}`;
  } catch {
    return 'ns';
  }
}

/**
 * What tells a process from another with the same id: on Linux the boot it runs in and its start in clock ticks since (field
 * 22 of /proc/PID/stat, see proc(5)), or `ended` for one that waits for its parent; `0` elsewhere.
 */
function begunOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name, in brackets, may hold anything: fields are counted from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : `${boot}-${fields[19]}`;
  } catch {
    return '0';
  }
}
