import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Compiles the run store and a program beside this file into `dir`, so that processes of their own can run today's sources.
 * Returns the program's path.
 */
export async function compileProgram(dir: string, program: string): Promise<string> {
  const inRuns = (await readdir(join(repository, 'src/runs'))).filter(file => file.endsWith('.ts'));
  const sources = [
    'src/crc32.ts',
    'src/errors.ts',
    'src/make-folder.ts',
    'src/records/json.ts',
    ...inRuns.map(file => `src/runs/${file}`),
    'tests/runs/fixtures.ts',
    `tests/runs/${program}.ts`,
  ];
  for (const source of sources) {
    const { outputText } = ts.transpileModule(await readFile(join(repository, source), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2022,
        verbatimModuleSyntax: true,
      },
    });
    const target = join(dir, source.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, outputText);
  }
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }');
  await symlink(join(repository, 'node_modules'), join(dir, 'node_modules'));
  return join(dir, `tests/runs/${program}.js`);
}
