import { parseGeneral } from '../arguments.js'
import { print, printJson } from '../output.js'
import { defaultKeyFile, keyOptions, positionals, withGallery } from './open.js'

export async function create(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, keyOptions)
  const [path] = positionals(options, 'create', ['GALLERY']) as [string]
  const named = ['key-env', 'key-file'].some((name) => options.text(name) !== undefined)
  const chosen = named || options.flag('passphrase') || options.flag('no-key')
  const keyFile = options.text('key-file') ?? (chosen ? undefined : defaultKeyFile(path))
  await withGallery(options, path, { create: true }, async () => {
    if (options.json) {
      printJson({ gallery: path, keyFile })
      return
    }
    print(`Created "${path}".`)
    if (keyFile !== undefined) {
      print(
        `Its key is in "${keyFile}". Keep a copy elsewhere: without it the gallery cannot be read.`
      )
    }
    if (options.flag('no-key')) print('It is not encrypted: whoever has the file can read it.')
  })
  return 0
}
