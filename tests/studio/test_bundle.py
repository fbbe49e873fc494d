import pytest

from pellucid.studio.bundle import bundled
from tests.studio.node import PAGE, needs_node, run_in_node

MODULES = {
    "main.js": 'import { twice } from "./a.js";\nimport {\n  one,\n  Two,\n} from "./b.js";\n'
               "say(twice(one) + new Two().n);\n",
    "a.js": 'import { one } from "./b.js";\nconst hidden = 2;\n'
            "export function twice(n) { return hidden * n * one; }\n",
    "b.js": "const hidden = 10;\nexport const one = 1;\nexport class Two { n = hidden; }\n",
}  # fmt: skip


@needs_node
def test_modules_as_one_script_do_what_they_did():
    text = bundled(MODULES, "main.js")
    assert "import" not in text
    assert text.count("b_js = (") == 1
    assert run_in_node(text, None) == 12


@pytest.mark.parametrize(("name", "text", "words"), [
    ("a.js", 'import { two } from "./b.js";\n', r"a\.js imports two, which b\.js has not"),
    ("b.js", 'import { twice } from "./a.js";\nexport const one = 1;\nexport class Two {}\n',
     r"in a circle: main\.js -> a\.js -> b\.js -> a\.js"),
    ("b.js", "export { one };\n", r"a form that can't be bundled: export \{ one \}"),
    ("b.js", "export default 1;\n", "can't be bundled: export default 1"),
    ("b.js", 'import * as all from "./a.js";\n', "can't be bundled|has not"),
    ("b.js", 'export const one = import("./a.js");\nexport class Two {}\n', "can't be bundled"),
    ("b.js", 'export const one = "</script>";\nexport class Two {}\n', "would end the script"),
    ("main.js", 'import { x } from "./c.js";\n', r"There is no module c\.js: main\.js -> c\.js"),
])  # fmt: skip
def test_what_can_not_be_bundled_is_refused(name, text, words):
    with pytest.raises(ValueError, match=words):
        bundled({**MODULES, name: text}, "main.js")


def test_a_comment_may_name_a_type():
    text = '/** @param {import("./b.js").Two} two */\nexport function twice(two) {}\n'
    assert 'import("./b.js")' in bundled({**MODULES, "a.js": text}, "main.js")


def test_every_module_of_the_page_is_used():
    modules = {file.name: file.read_text("utf-8") for file in PAGE.glob("*.js")}
    text = bundled(modules, "live.js")  # which has all that the page has
    assert [name for name in modules if f"const {name.replace('.', '_')} = (" not in text] == []
    assert max(len(module.splitlines()) for module in modules.values()) < 400
