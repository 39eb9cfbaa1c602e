// Looks for dead links, without a network: relative links and anchors of all Markdown files that git
// tracks and, with a folder, of the HTML pages in it (links, pictures, scripts, anchors).
//
//   npx tsx scripts/docs/links.ts [SITE]
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { anchors, markdownLinks } from './markdown.js'

/** A page's links, and the anchors that others may name in it. */
interface Page {
  readonly links: readonly { readonly target: string; readonly line: number }[]
  readonly anchors: ReadonlySet<string>
}

function unescaped(html: string): string {
  return html
    .replace(/&amp;/g, '&')
    .replace(/&quot;/g, '"')
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
}

function htmlPage(html: string): Page {
  const text = html.replace(/<script[^>]*>[\s\S]*?<\/script>/g, (script) =>
    script.replace(/>[\s\S]*</, '><')
  )
  const links = [...text.matchAll(/<[a-z]+\b[^>]*?\s(?:href|src)="([^"]*)"/g)].map((match) => ({
    target: unescaped(match[1] ?? ''),
    line: text.slice(0, match.index).split('\n').length
  }))
  const ids = [...text.matchAll(/<[a-z0-9]+\b[^>]*?\s(?:id|name)="([^"]*)"/g)]
  return { links, anchors: new Set(ids.map((match) => unescaped(match[1] ?? ''))) }
}

function markdownPage(markdown: string): Page {
  return { links: markdownLinks(markdown), anchors: anchors(markdown) }
}

/** What is wrong with the links of these files, one line each. Paths are relative to `root`. */
export function deadLinks(root: string, files: readonly string[]): string[] {
  const pages = new Map<string, Page>()
  const pageOf = (path: string): Page | undefined => {
    const known = pages.get(path)
    if (known !== undefined) return known
    const read = path.endsWith('.md') ? markdownPage : path.endsWith('.html') ? htmlPage : undefined
    const page = read?.(readFileSync(path, 'utf8'))
    if (page !== undefined) pages.set(path, page)
    return page
  }
  const dead: string[] = []
  for (const file of files) {
    const path = resolve(root, file)
    for (const { target, line } of pageOf(path)?.links ?? []) {
      if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) continue // another site, mail, data
      const [place = '', anchor = ''] = target.split('#')
      const name = decodeURIComponent(place.split('?')[0] ?? '')
      const linked = name === '' ? path : resolve(dirname(path), name)
      const say = (what: string): number => dead.push(`${file}:${line}: ${target}: ${what}`)
      if (relative(root, linked).startsWith('..')) say('it leads out of the folder')
      else if (!existsSync(linked)) say('there is no such file')
      else if (anchor !== '' && statSync(linked).isFile()) {
        const there = pageOf(linked)?.anchors
        if (there !== undefined && !there.has(decodeURIComponent(anchor)))
          say('there is no such anchor')
      }
    }
  }
  return dead
}

/** All files in a folder with this ending. */
export function filesIn(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith(ending)
  )
}

function main(site: string | undefined): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--', '*.md'], { encoding: 'utf8' })
  const markdown = listed.split('\0').filter((name) => name !== '' && existsSync(name))
  const dead = deadLinks(process.cwd(), markdown)
  let pages = 0
  if (site !== undefined) {
    const html = filesIn(site, '.html')
    pages = html.length
    if (pages === 0) dead.push(`${site}: there are no pages`)
    dead.push(...deadLinks(resolve(site), html).map((line) => join(site, line)))
  }
  for (const line of dead) console.error(line)
  console.log(`links: ${markdown.length} Markdown files, ${pages} pages, ${dead.length} dead links`)
  process.exitCode = dead.length === 0 ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv[2])
