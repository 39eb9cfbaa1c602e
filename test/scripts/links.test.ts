import { mkdir } from 'node:fs/promises'
import test from 'ava'
import { deadLinks } from '../../scripts/docs/links.js'
import { anchors, codeBlocks, markdownLinks } from '../../scripts/docs/markdown.js'
import { TemporaryFolder } from '../support/models.js'

const guide = '# A guide\n\n## What `it` costs, in *bytes*\n\n## Twice\n\n## Twice\n'

// What stands in page.md beside guide.md, page.html and a folder; what is said of it.
const cases: readonly [name: string, markdown: string, said: RegExp | undefined][] = [
  ['a file', '[a](guide.md)', undefined],
  ['a missing file', 'one\n\n[a](gide.md)', /^page\.md:3: gide\.md: there is no such file$/],
  ['a missing picture', '![a](picture.png)', /no such file/],
  ['a missing file by reference', '[a][b]\n\n[b]: gide.md', /^page\.md:3: gide\.md/],
  ['a folder', '[a](folder)', undefined],
  ['a folder outside', '[a](../outside.md)', /leads out of the folder/],
  ['an anchor', '[a](guide.md#what-it-costs-in-bytes)', undefined],
  ['a missing anchor', '[a](guide.md#what-it-weighs)', /no such anchor/],
  ['the second of two headings alike', '[a](guide.md#twice-1)', undefined],
  ['a third, which there is not', '[a](guide.md#twice-2)', /no such anchor/],
  ['an anchor of its own', '# Here\n\n[a](#here)', undefined],
  ['a missing anchor of its own', '# Here\n\n[a](#there)', /no such anchor/],
  ['an anchor of a page in HTML', '[a](page.html#top)', undefined],
  ['a missing anchor of a page in HTML', '[a](page.html#bottom)', /no such anchor/],
  ['another site', '[a](https://example.org/x#y) [b](mailto:a@example.org)', undefined],
  ['a link in a block of code', '```md\n[a](gide.md)\n```', undefined],
  ['a link in code', '`[a](gide.md)`', undefined],
  ['code in a link', '[`a`](gide.md)', /no such file/]
]

for (const [name, markdown, said] of cases) {
  test(`links in Markdown: ${name}`, async (t) => {
    await using folder = await TemporaryFolder.make()
    await mkdir(folder.file('folder'))
    await folder.write('guide.md', guide)
    await folder.write('page.html', '<h1 id="top">Top</h1>')
    await folder.write('page.md', markdown)
    const dead = deadLinks(folder.path, ['page.md'])
    t.is(dead.length, said === undefined ? 0 : 1, dead.join('\n'))
    if (said !== undefined) t.regex(dead[0] ?? '', said)
  })
}

test('links in pages of HTML: files, anchors, scripts, pictures', async (t) => {
  await using folder = await TemporaryFolder.make()
  await mkdir(folder.file('pages'))
  await folder.write('pages/a,b.html', '<h2 class="x" id="say&amp;do">…</h2>')
  await folder.write(
    'index.html',
    `<a href="pages/a%2Cb.html#say%26do">right</a> <a href="https://example.org/">away</a>
<a class="x" href="pages/b.html">wrong</a> <script src="main.js">"<a href='no.html'>"</script>
<img src="picture.png"/> <a href="pages/a,b.html#say">wrong</a>`
  )
  const dead = deadLinks(folder.path, ['index.html', 'pages/a,b.html'])
  t.deepEqual(dead, [
    'index.html:2: pages/b.html: there is no such file',
    'index.html:2: main.js: there is no such file',
    'index.html:3: picture.png: there is no such file',
    'index.html:3: pages/a,b.html#say: there is no such anchor'
  ])
})

test('anchors are those that GitHub makes', (t) => {
  t.deepEqual(
    [
      ...anchors(
        `${guide}\n\`\`\`sh\n# no heading\n\`\`\`\n\n## A [link](x.md): 50 %\n\n## Größe – 2\n`
      )
    ],
    ['a-guide', 'what-it-costs-in-bytes', 'twice', 'twice-1', 'a-link-50-', 'größe--2']
  )
})

test('links and blocks know their lines', (t) => {
  t.deepEqual(markdownLinks('\n[a](b.md "title")\n![c](d.png)'), [
    { target: 'b.md', line: 2 },
    { target: 'd.png', line: 3 }
  ])
  const blocks = codeBlocks(
    'x\n\n```js\n1\n```\n\n```text\n2\n```\n\nwords\n\n<!-- not run: why -->\n```sh\n3\n```\n'
  )
  t.deepEqual(blocks, [
    { language: 'js', code: '1\n', line: 3, follows: undefined, excepted: false },
    { language: 'text', code: '2\n', line: 7, follows: 0, excepted: false },
    { language: 'sh', code: '3\n', line: 14, follows: undefined, excepted: true }
  ])
})
