import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Environment variables that libtensorflow reads when it is loaded, as this program wants them; what the user has set
 * stays. They may be set from within the process, before the addon is required.
 *
 * @param threads threads of one operation on the CPU; undefined leaves it to libtensorflow (all processors)
 */
export function tensorFlowEnvironment(env: Environment, threads?: number): Record<string, string> {
  const wanted: Record<string, string> = {
    // Off by itself on some processors. Its own allocator also keeps big buffers, which glibc's would give back to the
    // system after every operation.
    TF_ENABLE_ONEDNN_OPTS: '1',
    TF_CPP_MIN_LOG_LEVEL: '2',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    // float32 products in float32: TF32 rounds their operands to 10 bits of mantissa.
    NVIDIA_TF32_OVERRIDE: '0',
  };
  const unset = Object.entries(wanted).filter(([name]) => env[name] === undefined);
  const chosen = threads === undefined ? {} : { TF_NUM_INTRAOP_THREADS: String(threads) };
  return { ...Object.fromEntries(unset), ...chosen };
}

/** Whether the operating system has an NVIDIA driver and `CUDA_VISIBLE_DEVICES` does not hide every GPU from CUDA. */
export function hasCudaGpu(
  env: Environment = process.env,
  exists: (path: string) => boolean = existsSync,
): boolean {
  const visible = env.CUDA_VISIBLE_DEVICES;
  if (visible !== undefined && /^(-1|\s*)$/.test(visible)) return false;
  const traces = ['/proc/driver/nvidia/version', '/dev/dxg']; // Linux; Windows' Linux subsystem
  if (env.SystemRoot) traces.push(join(env.SystemRoot, 'System32', 'nvidia-smi.exe'));
  return traces.some(trace => exists(trace));
}

/** Bytes that are free on the GPU that TensorFlow uses, by nvidia-smi; null where that cannot tell. */
export function freeGpuMemory(
  env: Environment = process.env,
  run: (file: string, args: readonly string[]) => string = (file, args) =>
    execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 }),
): number | null {
  const gpu = env.CUDA_VISIBLE_DEVICES?.split(',')[0]?.trim() || '0';
  try {
    const mib = run('nvidia-smi', ['--query-gpu=memory.free', '--format=csv,noheader,nounits', '-i', gpu]);
    return /^\d+\s*$/.test(mib) ? Number(mib) * 2 ** 20 : null;
  } catch {
    return null;
  }
}

/** Whether this is an x86-64 Linux machine whose processor lacks AVX: libtensorflow's builds abort the process there. */
export function lacksAvx(cpuInfo: () => string = () => readFileSync('/proc/cpuinfo', 'utf8')): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false;
  return !/^flags\s*:.*\bavx\b/m.test(cpuInfo());
}
