import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** Memory that this process may still take, and what says so, in words. */
export interface MachineMemory {
  /** Bytes. */
  readonly bytes: number;
  readonly source: string;
}

/** A file's text; null where there is none. */
type ReadText = (path: string) => string | null;

/**
 * The least of what the machine has available, what the control groups of this process leave (versions 1 and 2; pages of
 * files that can be dropped count as free) and what is left of its address space (`ulimit -v`). On other systems than
 * Linux the machine's whole memory.
 */
export function machineMemory(read: ReadText = readText): MachineMemory {
  const meminfo = read('/proc/meminfo');
  const available = meminfo === null ? null : kilobytes(meminfo, 'MemAvailable');
  const machine =
    available === null
      ? { bytes: totalmem(), source: 'the memory of this machine' }
      : { bytes: available, source: 'the memory that is available' };
  return [machine, ...controlGroups(read), ...addressSpace(read)].reduce((least, one) =>
    one.bytes < least.bytes ? one : least,
  );
}

/** What each control group of this process leaves, those that it lies in among them. */
function controlGroups(read: ReadText): MachineMemory[] {
  const left: MachineMemory[] = [];
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const second = controllers === '';
    if (!second && !controllers!.split(',').includes('memory')) continue;
    const root = second ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory';
    const [limitFile, usageFile] = second
      ? ['memory.max', 'memory.current']
      : ['memory.limit_in_bytes', 'memory.usage_in_bytes'];
    // In a container the path may be that of the host; its own group is then the root.
    for (let at = path; ; at = dirname(at)) {
      const folder = join(root, at);
      const limit = Number(read(join(folder, limitFile)) ?? Number.NaN); // NaN for "max", too
      const usage = Number(read(join(folder, usageFile)) ?? Number.NaN);
      if (Number.isFinite(limit) && Number.isFinite(usage)) {
        const cached = /^(?:total_)?inactive_file (\d+)$/m.exec(read(join(folder, 'memory.stat')) ?? '');
        const bytes = Math.max(0, limit - usage + Number(cached?.[1] ?? 0));
        left.push({ bytes, source: `what the control group's limit (${join(folder, limitFile)}) leaves` });
      }
      if (at === '/' || at === '.') break;
    }
  }
  return left;
}

function addressSpace(read: ReadText): MachineMemory[] {
  const limit = /^Max address space\s+(\d+)/m.exec(read('/proc/self/limits') ?? '');
  const size = kilobytes(read('/proc/self/status') ?? '', 'VmSize');
  if (!limit || size === null) return [];
  return [
    {
      bytes: Math.max(0, Number(limit[1]) - size),
      source: 'what the limit of address space (ulimit -v) leaves',
    },
  ];
}

/** Bytes of a line `name: 123 kB`. */
function kilobytes(text: string, name: string): number | null {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text);
  return found ? 1024 * Number(found[1]) : null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
