/**
 * Lists texts that people write to make a page do what it should not. Each, if it ran or loaded,
 * would leave `struck` behind.
 */

const TAGS = [
  '<script>struck=1</script>',
  '<ScRiPt>struck=1</sCrIpT>',
  '<script src=/struck.js></script>',
  '<script src=//struck.example></script>',
  '<script type=module>struck=1</script>',
  '</script><script>struck=1</script>',
  '</title><script>struck=1</script>',
  '</textarea><script>struck=1</script>',
  '</style><script>struck=1</script>',
  '--><script>struck=1</script>',
  ']]><script>struck=1</script>',
  '<scr<script>ipt>struck=1</script>',
  '<img src=/struck onerror=struck=1>',
  '<img src=x onerror="struck=1">',
  "<img src=x onerror='struck=1'//",
  '<img/src/onerror=struck=1>',
  '<image href=/struck onerror=struck=1>',
  '<svg onload=struck=1>',
  '<svg><script>struck=1</script></svg>',
  '<svg><animate onbegin=struck=1 attributeName=x>',
  '<svg><use href="data:image/svg+xml,struck#x"/></svg>',
  '<math><mtext></form><form><mglyph><style></math><img>',
  '<body onload=struck=1>',
  '<details open ontoggle=struck=1>',
  '<video><source onerror=struck=1></video>',
  '<audio src=/struck autoplay onerror=struck=1>',
  '<iframe src=javascript:struck=1></iframe>',
  '<iframe srcdoc="<script>parent.struck=1</script>">',
  '<object data=/struck></object>',
  '<embed src=/struck>',
  '<link rel=stylesheet href=/struck.css>',
  '<meta http-equiv=refresh content="0;url=/struck">',
  '<base href=https://struck.example/>',
  '<style>@import "/struck.css"</style>',
  '<style>*{background:url(/struck)}</style>',
  '<input autofocus onfocus=struck=1>',
  '<marquee onstart=struck=1>',
  '<form action=/struck><button>Accept</button></form>',
  '<button formaction=javascript:struck=1>Pay</button>',
  '<template><script>struck=1</script></template>',
  '<dialog open>Incoming request</dialog>',
  '<a href=javascript:struck=1>Receipt</a>',
  '<p style="position:fixed;inset:0;background:url(/struck)">',
]

const ATTRIBUTES = [
  '" onmouseover="struck=1',
  "' onfocus='struck=1' autofocus='",
  '"><img src=/struck onerror=struck=1>',
  "'><svg onload=struck=1>",
  '` onerror=`struck=1',
  '" style="background:url(/struck)',
  'x" autofocus onfocus="struck=1',
]

const ADDRESSES = [
  'javascript:struck=1',
  'JaVaScRiPt:struck=1',
  'java&#9;script:struck=1',
  '&#106;avascript:struck=1',
  'data:text/html,<script>struck=1</script>',
  'vbscript:struck=1',
  'blob:struck',
  '//struck.example/x',
  'https://a@struck.example" onclick="struck=1',
]

const TEMPLATES = [
  '{{constructor.constructor("struck=1")()}}',
  `\${struck=1}`,
  '<%= struck=1 %>',
  '#{struck=1}',
  '{"__proto__":{"struck":1}}',
  '__proto__',
  'constructor',
]

const CLOBBERS = [
  '<form id=main><input name=body></form>',
  '<a id=early></a><a id=early name=get>',
  '<img name=cookie><img id=location>',
  'say-politely',
]

const ENTITIES = [
  '&lt;img src=/struck onerror=struck=1&gt;',
  '\\u003cimg src=/struck onerror=struck=1\\u003e',
  '%3Cscript%3Estruck=1%3C/script%3E',
  '+ADw-script+AD4-struck=1+ADw-/script+AD4-',
  '<\u0131mg src=/struck onerror=struck=1>',
  '\uff1cscript\uff1estruck=1\uff1c/script\uff1e',
]

/**
 * None is longer than the shortest field takes, and none holds what the server refuses in a name.
 */
export const INJECTIONS = [...TAGS, ...ATTRIBUTES, ...ADDRESSES, ...TEMPLATES, ...CLOBBERS, ...ENTITIES]
