import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/random.js';
import { openRun } from '../../src/runs/open-run.js';
import { compileProgram } from '../runs/compiled.js';
import { inFolder, runOptions, type Study, unitsOf } from '../runs/fixtures.js';
import { start } from '../runs/processes.js';

const KILLS = 60;
const study: Study = {
  images: 250,
  conditions: ['original', 'permuted 0'],
  questions: 30,
  outputLength: 3000,
};

it(`a run that is killed ${KILLS} times ends with the bytes of an undisturbed one`, () =>
  inFolder(async dir => {
    const program = await compileProgram(dir, 'writer');
    const root = join(dir, 'killed');
    const random = seededRandom('kill -9');
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = start(process.execPath, program, root, JSON.stringify(study));
      // A life lasts 0 to 7 units, and dies somewhere in the next: encoding, writing or flushing; some never open the folder.
      const units = Math.floor(8 * random());
      await (kill % 10 === 0 ? sleep(100 * random()) : writer.says('unit', 1 + units));
      await sleep(5 * random());
      writer.process.kill('SIGKILL');
      const { code, output } = await writer.ended;
      expect(code, output).toBeNull();
    }
    const last = await start(process.execPath, program, root, JSON.stringify(study)).ended;
    expect(last.code, last.output).toBe(0);
    expect(last.output).toContain('its lock is removed');

    const undisturbed = await openRun(runOptions(join(dir, 'undisturbed')));
    for (const unit of unitsOf(study)) await undisturbed.append(unit);
    await undisturbed.finish({});
    await undisturbed.close();
    const killed = await openRun(runOptions(root));
    expect(killed.finished).toBe(true);
    expect(killed.info.finished?.sha256).toBe(undisturbed.info.finished?.sha256);
    // The kills fell into the work: nearly every life began further on than the one before.
    expect(new Set(killed.info.sessions.map(({ units }) => units)).size).toBeGreaterThan(KILLS / 2);
    const bytes = await readFile(join(killed.dir, 'predictions.jsonl'));
    expect(bytes.equals(await readFile(join(undisturbed.dir, 'predictions.jsonl')))).toBe(true);
    expect(await readdir(killed.dir)).toEqual(['predictions.jsonl', 'run.json']);
  }));
