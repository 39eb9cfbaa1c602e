import { Gallery } from '../../gallery/index.js'
import { parseGeneral } from '../arguments.js'
import { colour, print, printJson } from '../output.js'
import { defaultKeyFile, keyFrom, keyOptions, positionals } from './open.js'

/** Exit code 0: all is well, 1: something is damaged. */
export async function check(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, keyOptions)
  const [path] = positionals(options, 'check', ['GALLERY']) as [string]
  const key = await keyFrom(options, defaultKeyFile(path))
  const { ok, people, photos, problems } = await Gallery.check(path, { key })
  if (options.json) printJson({ ok, people, photos, problems })
  else {
    print(`${people} people, ${photos} photos`)
    for (const { message, person } of problems) {
      print(
        `${colour.red('damaged')}  ${person === undefined ? '' : `person ${person}: `}${message}`
      )
    }
    if (ok) print(colour.green('Everything can be read.'))
  }
  return ok ? 0 : 1
}
