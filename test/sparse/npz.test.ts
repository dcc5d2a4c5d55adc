// NumPy's and SciPy's files in the API. What is in them is what these libraries say: vectors/npz/generate.py.
import { gzipSync } from 'node:zlib';
import { readNpy, readNpyAsync, readNpzAsync, SublinearError } from 'sublinear/npy';
import { load } from 'sublinear/sparse';
import { describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import files from '../vectors/npz/files.json' with { type: 'json' };

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
const { SparseMatrix } = await load();

/** What a call throws must be an error of this package that says FORMAT; true when it threw. */
async function refusedOrRead(read: () => unknown): Promise<boolean> {
  try {
    await read();
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(SublinearError);
    expect((error as SublinearError).code).toMatch(/FORMAT|MEMORY/);
    return true;
  }
}

describe('NumPy arrays', () => {
  test.each(Object.entries(files.arrays))('%s', async (_, { file, shape, values }) => {
    const found = readNpy(bytes(file));
    expect(found.shape).toEqual(shape);
    const plain = Array.from(found.data as ArrayLike<number | bigint>);
    if (typeof values[0] === 'string')
      expect(plain.map(String)).toEqual(
        (values as string[]).map((each) =>
          typeof plain[0] === 'bigint' ? each : String(Number(each.replace('inf', 'Infinity'))),
        ),
      );
    else expect(plain.map(Number)).toEqual(values);
    expect(await readNpyAsync(new Blob([gzipSync(bytes(file))]))).toEqual(found);
  });

  test.each(['stored', 'deflated'] as const)('an archive that is %s', async (name) => {
    const arrays = await readNpzAsync(bytes(files.archives[name]));
    expect([...arrays.keys()]).toEqual(['first', 'second']);
    expect(arrays.get('first')).toEqual({
      shape: [2, 3],
      dtype: 'f4',
      data: Float32Array.of(0, 1, 2, 3, 4, 5),
    });
    expect(arrays.get('second')?.data).toEqual(Uint8Array.of(1, 0));
  });

  test('a file or archive cut at any byte is refused', async () => {
    const array = bytes(files.arrays['<i4 F'].file);
    for (let length = 0; length < array.length; length++)
      expect(await refusedOrRead(() => readNpy(array.subarray(0, length)))).toBe(true);
    const archive = bytes(files.archives.deflated);
    for (let length = 0; length < archive.length; length++)
      expect(await refusedOrRead(() => readNpzAsync(archive.subarray(0, length)))).toBe(true);
  });

  test('archives with bytes changed are read as they were or refused', async () => {
    const next = random(9);
    const archive = bytes(files.archives.stored);
    const wanted = await readNpzAsync(archive);
    for (let trial = 0; trial < 600; trial++) {
      const changed = archive.slice();
      for (let k = 0; k <= trial % 3; k++)
        changed[Math.floor(next() * changed.length)]! ^= 1 << Math.floor(next() * 8);
      let found: Awaited<ReturnType<typeof readNpzAsync>> | undefined;
      await refusedOrRead(async () => {
        found = await readNpzAsync(changed);
      });
      // Names are not summed; numbers are.
      for (const { data } of found?.values() ?? [])
        expect([...wanted.values()].map((array) => array.data)).toContainEqual(data);
    }
  });
});

describe('SciPy matrices', () => {
  test.each(Object.entries(files.matrices))('%s', async (_, { file, rows, cols, dense }) => {
    using found = await SparseMatrix.fromNpzAsync(bytes(file));
    expect([found.rows, found.cols]).toEqual([rows, cols]);
    expect([...found.toDense()]).toEqual(dense);
  });

  test('precision and pattern are those of the file, unless another is asked for', async () => {
    const of = async (name: keyof typeof files.matrices) => {
      using found = await SparseMatrix.fromNpzAsync(bytes(files.matrices[name].file));
      return found.dtype;
    };
    expect([await of('csr'), await of('bsr, float32'), await of('truth values')]).toEqual([
      'float64',
      'float32',
      'pattern',
    ]);
    using narrow = await SparseMatrix.fromNpzAsync(new Blob([bytes(files.matrices.csr.file)]), {
      dtype: 'float32',
    });
    expect(narrow.dtype).toBe('float32');
  });

  test('complex numbers, other archives and other files are refused with the reason', async () => {
    const refusal = (file: Uint8Array) => SparseMatrix.fromNpzAsync(file);
    await expect(refusal(bytes(files.complex))).rejects.toThrow(
      /data\.npy: numbers of type '<c16'/,
    );
    await expect(refusal(bytes(files.archives.one))).rejects.toThrow(/save_npz/);
    await expect(refusal(new TextEncoder().encode('PAR1'))).rejects.toThrow(/no zip archive/);
  });

  test('files with bytes changed make matrices or errors', async () => {
    const next = random(10);
    for (const name of ['csr', 'csc', 'dia', 'blocks of 2 x 3', 'stored'] as const) {
      const file = bytes(files.matrices[name].file);
      for (let trial = 0; trial < 120; trial++) {
        const changed = file.slice();
        for (let k = 0; k <= trial % 3; k++)
          changed[Math.floor(next() * changed.length)]! ^= 1 << Math.floor(next() * 8);
        try {
          (await SparseMatrix.fromNpzAsync(changed)).dispose();
        } catch (error) {
          expect(error).toHaveProperty('code');
        }
      }
    }
  });
});
