// A misspelled option would decide by its absence: it is refused, by name.
import test from 'ava'
import { Gallery } from '../../lib/gallery/index.js'
import { InvalidArgumentError } from '../../lib/index.js'
import { openIn, photosOf } from '../support/galleries.js'
import { TemporaryFolder } from '../support/models.js'

type Call = (gallery: Gallery, path: string) => unknown

const calls: [what: string, argument: string, call: Call][] = [
  ['open', 'readonly', (_, path) => Gallery.open(path, { key: 'none', readonly: true } as never)],
  ['check', 'keys', (_, path) => Gallery.check(path, { key: 'none', keys: 1 } as never)],
  ['enroll', 'strikt', (g) => g.enroll('Ada', photosOf('ada', 1), { strikt: true } as never)],
  ['addPhotos', 'minQualty', (g) => g.addPhotos('Ada', [], { minQualty: 1 } as never)],
  ['identify', 'fpr', (g) => g.identify('x', { fpr: 0.1 } as never)],
  ['identifyAll', 'tops', (g) => g.identifyAll([], { tops: 1 } as never)],
  ['changes', 'sinse', (g) => g.changes({ sinse: 1 } as never)],
  ['export', 'kee', (g, path) => g.export(path, { key: 'none', kee: 1 } as never)],
  ['import', 'onConflikt', (g, path) => g.import(path, { key: 'none', onConflikt: 1 } as never)],
  ['upgrade', 'onprogress', (g) => g.upgrade({} as never, { onprogress: 1 } as never)]
]
for (const [what, argument, call] of calls) {
  test(`${what}: an unknown option is refused`, async (t) => {
    await using folder = await TemporaryFolder.make()
    await using gallery = await openIn(folder)
    await gallery.enroll('Ada', photosOf('ada', 1))
    const run = async (): Promise<unknown> => call(gallery, folder.file('other'))
    const error = await t.throwsAsync(run(), { instanceOf: InvalidArgumentError })
    if (what === 'upgrade') t.regex(error?.argument ?? '', /embedder|onprogress/)
    else t.is(error?.argument, argument)
  })
}
