// What README.md and the guides print: their JavaScript is run on the package as built, and so are
// their commands, as far as they need nothing but the portraits in test/fixtures/photos. A block
// `text` after either is its output, in which numbers may differ a little between processors. A
// comment `<!-- not run: why -->` before a block excepts it.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cp, mkdir, symlink } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { helpText } from '../../lib/cli/help.js'
import { codeBlocks } from '../../scripts/docs/markdown.js'
import { photo } from '../support/fixtures.js'
import { TemporaryFolder } from '../support/models.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const guides = readdirSync(`${root}docs`).filter((name) => name.endsWith('.md'))
const pages = ['README.md', ...guides.map((name) => `docs/${name}`)]

/** A project with seesawface installed and the portraits beside it. */
async function project(): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.make()
  await mkdir(folder.file('node_modules'))
  await symlink(root, folder.file('node_modules/seesawface'))
  for (const name of ['obama.jpg', 'obama2.jpg', 'obama3.jpg', 'biden.jpg']) {
    await cp(photo(name), folder.file(name))
  }
  return folder
}

/** Numbers replaced by what all of them look like, and the numbers themselves. */
function split(text: string): [string, number[]] {
  const number = /-?\d+(\.\d+)?/g
  return [text.trim().replace(number, '#'), (text.match(number) ?? []).map(Number)]
}

function alike(t: import('ava').ExecutionContext, actual: string, expected: string): void {
  const [words, numbers] = split(actual)
  const [expectedWords, expectedNumbers] = split(expected)
  t.is(words, expectedWords)
  for (const [i, number] of numbers.entries()) {
    const wanted = expectedNumbers[i] ?? Number.NaN
    t.true(
      Math.abs(number - wanted) <= Math.max(0.011, 0.005 * Math.abs(wanted)),
      `${number}, not ${wanted}`
    )
  }
}

/** Open, if the block has not opened one itself: what each page says its examples start from. */
function program(code: string): string {
  if (/FaceRecognizer\.open/.test(code) && /import .*FaceRecognizer/.test(code)) return code
  const [imports, rest] = [/^import .*$/gm, code.replace(/^import .*$/gm, '')]
  const names = (code.match(imports) ?? []).join('\n')
  return `import { FaceRecognizer } from 'seesawface'\n${names}
const faces = await FaceRecognizer.open()\n${rest}\nawait faces.close()`
}

for (const page of pages) {
  const blocks = codeBlocks(readFileSync(root + page, 'utf8'))

  for (const [i, block] of blocks.entries()) {
    const next = blocks[i + 1]
    const output = next?.language === 'text' && next.follows === i ? next.code : undefined

    if (block.language === 'js' && !block.excepted) {
      test.serial(`${page}:${block.line} does what it prints`, async (t) => {
        await using folder = await project()
        await folder.write('program.mjs', program(block.code))
        const options = { cwd: folder.path, timeout: 60_000 }
        const { stdout } = await run(process.execPath, ['program.mjs'], options)
        if (output === undefined) t.pass()
        else alike(t, stdout, output)
      })
    }

    if (block.language !== 'sh') continue
    const commands = block.code
      .split('\n')
      .flatMap((line) => line.split('&&'))
      .map((line) => line.trim())
      .filter((line) => line.startsWith('npx seesawface '))
    for (const [j, line] of commands.entries()) {
      const [command = '', ...args] = line.replace(/^npx seesawface /, '').split(/\s+/)
      const needsMore = ['bench', 'build', 'calibrate', 'convert', 'doctor', 'eval']
      if (block.excepted || needsMore.includes(command) || line.includes('test/fixtures')) {
        test(`${page}:${block.line} ${line}: its options exist`, (t) => {
          const help = helpText(command) ?? ''
          t.not(help, '', command)
          for (const arg of args.filter((arg) => arg.startsWith('--'))) {
            t.true(help.includes(`${arg} `) || help.includes(`${arg}\n`), arg)
          }
        })
      } else {
        test.serial(`${page}:${block.line} ${line}`, async (t) => {
          await using folder = await project()
          const cli = [`${root}dist/cli.cjs`, command, ...args]
          const { stdout } = await run(process.execPath, cli, { cwd: folder.path })
          if (j === 0 && output !== undefined) alike(t, stdout, output)
          else t.not(stdout.trim(), '')
        })
      }
    }
  }
}
