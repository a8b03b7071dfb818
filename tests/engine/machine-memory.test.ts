import { expect, test } from 'vitest';
import { machineMemory } from '../../src/engine/machine-memory.js';

const meminfo = 'MemTotal:       24000000 kB\nMemAvailable:   20000000 kB\n';

/** The memory of a machine with these files. */
const of = (files: Record<string, string>) => machineMemory(path => files[path] ?? null);

test('what the machine has available', () => {
  expect(of({ '/proc/meminfo': meminfo })).toEqual({
    bytes: 20000000 * 1024,
    source: 'the memory that is available',
  });
});

test('a control group of version 2, and those around it; files in memory count as free', () => {
  const files = {
    '/proc/meminfo': meminfo,
    '/proc/self/cgroup': '0::/jobs/one\n',
    '/sys/fs/cgroup/jobs/one/memory.max': 'max\n',
    '/sys/fs/cgroup/jobs/one/memory.current': '1000000000\n',
    '/sys/fs/cgroup/jobs/memory.max': '4000000000\n',
    '/sys/fs/cgroup/jobs/memory.current': '3500000000\n',
    '/sys/fs/cgroup/jobs/memory.stat': 'anon 12\ninactive_file 500000000\nactive_file 3\n',
  };
  expect(of(files)).toEqual({
    bytes: 1000000000,
    source: "what the control group's limit (/sys/fs/cgroup/jobs/memory.max) leaves",
  });
});

test('a control group of version 1, where the path is that of the host', () => {
  const files = {
    '/proc/meminfo': meminfo,
    '/proc/self/cgroup': '5:cpu:/x\n4:memory,hugetlb:/docker/abc\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '3000000000\n',
    '/sys/fs/cgroup/memory/memory.usage_in_bytes': '1000000000\n',
  };
  expect(of(files).bytes).toBe(2000000000);
});

test('a limit of address space', () => {
  const files = {
    '/proc/meminfo': meminfo,
    '/proc/self/limits': 'Max address space         8000000000           unlimited            bytes\n',
    '/proc/self/status': 'VmPeak: 9 kB\nVmSize:\t 1000000 kB\n',
  };
  expect(of(files)).toEqual({
    bytes: 8000000000 - 1000000 * 1024,
    source: 'what the limit of address space (ulimit -v) leaves',
  });
});

test('another system: all of its memory', () => {
  expect(of({}).source).toBe('the memory of this machine');
  expect(of({}).bytes).toBeGreaterThan(2 ** 28);
});
