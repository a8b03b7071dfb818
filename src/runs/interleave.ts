import { UserError } from '../errors.js';
import type { RunRecord } from '../records/prediction.js';
import type { Unit } from './unit-reader.js';

/** A shard's units in its order: image by image, each under all conditions. */
interface ShardUnits<R> {
  readonly dir: string;
  readonly units: AsyncIterable<Unit<R>>;
}

/**
 * The units of all shards in the order of the whole run, the images dealt out in turn. UserError where they are not what
 * dealing out `images` images gives: one missing, one in two shards, one that lacks a condition.
 */
export async function* interleave<R extends RunRecord>(
  shards: readonly ShardUnits<R>[],
  images: number,
): AsyncGenerator<Unit<R>> {
  const rest = shards.map(({ units }) => byImage(units));
  const home = new Map<string, string>();
  let conditions: string | undefined;
  for (let place = 0; place < images; place++) {
    const { dir } = shards[place % shards.length]!;
    const { value: units } = await rest[place % shards.length]!.next();
    if (!units)
      throw new UserError(
        `${dir} lacks images: number ${place + 1} of ${images} belongs to it; run it again with --no-resume`,
      );
    const { image } = units[0]!;
    const other = home.get(image);
    if (other !== undefined)
      throw new UserError(`image ${image} is in both ${other} and ${dir}: run them again`);
    home.set(image, dir);
    const here = units.map(unit => unit.condition).join(', ');
    conditions ??= here;
    if (here !== conditions)
      throw new UserError(`${dir} has image ${image} under ${here}, not under ${conditions}: run it again`);
    yield* units;
  }
  for (const [i, images] of rest.entries()) {
    const { value: units } = await images.next();
    if (units)
      throw new UserError(
        `${shards[i]!.dir} has images that are not its own, first ${units[0]!.image}: run it again`,
      );
  }
}

/** Consecutive units on one image. */
async function* byImage<R extends RunRecord>(
  units: AsyncIterable<Unit<R>>,
): AsyncGenerator<Unit<R>[], undefined> {
  let group: Unit<R>[] = [];
  for await (const unit of units) {
    if (group.length > 0 && group[0]!.image !== unit.image) {
      yield group;
      group = [];
    }
    group.push(unit);
  }
  if (group.length > 0) yield group;
}
