import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

/** Packages that every start needs, of which tree shaking leaves a fraction; the others load when something calls for them. */
const inside = ['commander', 'hyparquet', 'yauzl', 'pend', 'zod'];
const isOurs = id =>
  /^([./]|@oxc-project\/runtime\/)/.test(id) || inside.some(name => id === name || id.startsWith(`${name}/`));

/** What ships: a file an entry, shared pieces beside them, all directly in bundle/ (package-root.ts counts on the depth). */
export default defineConfig({
  input: {
    cli: 'src/cli/main.ts',
    index: 'src/index.ts',
    metrics: 'src/metrics/index.ts',
    worker: 'src/harness/worker.ts',
  },
  platform: 'node',
  transform: { target: 'node20.9' },
  external: id => !isOurs(id),
  output: {
    dir: 'bundle',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
  },
  plugins: [licenses()],
});

/** The licenses of what is inside. */
function licenses() {
  return {
    name: 'licenses',
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap(({ moduleIds = [] }) => moduleIds);
      const names = modules.flatMap(id => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []);
      const texts = [...new Set(names)].sort().map(name => {
        const folder = join('node_modules', name);
        const file = readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry));
        const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
      });
      this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source: texts.join('\n\n') });
    },
  };
}
