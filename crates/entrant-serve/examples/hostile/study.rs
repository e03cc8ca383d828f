//! A study with 200 products, firms and scenarios whose names attack pages.

/// Names that attack, all without line breaks and control characters, which tables refuse.
const ATTACKS: [&str; 50] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "javascript:alert(1)",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<!--",
    "-->",
    "<!-- <script>",
    "]]>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</textarea><b onmouseover=alert(1)>",
    "</option></select><img src=x onerror=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<base href=//evil.test/>",
    "<meta http-equiv=refresh content=0;url=//evil.test>",
    "<link rel=stylesheet href=//evil.test>",
    "<form action=//evil.test><input name=q>",
    "<object data=x>",
    "<embed src=x>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "` onmouseover=alert(1) `",
    "\" autofocus onfocus=alert(1) x=\"",
    "' style='background:red",
    "&lt;b&gt;twice&lt;/b&gt;",
    "&#60;script&#62;",
    "&amp;amp;",
    "{{ 7*7 }}",
    "{% for x in y %}",
    "${alert(1)}",
    "\\u003cscript\\u003e",
    "\\\"};alert(1);//",
    "data: evil",
    "event: evil",
    "right \u{202e}to left",
    "isolate \u{2066}x\u{2069}",
    "line \u{2028} separator",
    "paragraph \u{2029} separator",
    "zero\u{200b}width\u{feff}",
    "=1+1",
    "@SUM(A1)",
    "__proto__",
    "constructor",
    "toString",
    "NaN",
    "../../etc/passwd",
    "小米 Ελλάδα עברית",
];

/// Two hundred of them.
pub fn names() -> Vec<String> {
    let wrapped = |a: &str| {
        let own = a.to_owned();
        [own, format!("x{a}"), format!("{a} {a}"), format!("'{a}\"")]
    };
    ATTACKS.iter().flat_map(|a| wrapped(a)).collect()
}

/// The files of the study: name and text.
pub fn files() -> [(&'static str, String); 2] {
    [("study.toml", study()), ("products.csv", products())]
}

fn products() -> String {
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let names = names();
    let share = 0.2 / names.len() as f64;
    let row = |(i, name): (usize, &String)| {
        // Four firms, so that no equilibrium is in doubt.
        let firm = cell(&names[i % 4]);
        format!("{},{firm},{firm},{},{share}\n", cell(name), 100 + i)
    };
    let rows: Vec<String> = names.iter().enumerate().map(row).collect();
    format!("product,firm,brand,price,share\n{}", rows.concat())
}

fn study() -> String {
    let text = |t: &str| serde_json::Value::from(t).to_string();
    let (first, script) = (text(ATTACKS[1]), text(ATTACKS[0]));
    let head = format!(
        "title = {script}\nquestion = {first}\ncurrency = \"EUR\"\nnotes = [{script}]\n\
         [data]\nproducts = \"products.csv\"\n\
         [[market]]\nid = {first}\nunits = 1000\n\
         [demand]\nmodel = \"logit\"\nsensitivity = \"calibrate\"\n\
         [[demand.target]]\nkind = \"margin\"\nof = {script}\nvalue = 0.4\n\
         [supply]\nconduct = \"bertrand\"\n\
         [settings]\ndraws = 1\n"
    );
    let scenario = |(i, name): (usize, &String)| {
        let (id, title) = (text(&format!("{i} {name}")), text(name));
        let gone = text(&names()[i + 7]);
        format!(
            "[[scenario]]\nid = {id}\ntitle = {title}\n[[scenario.exit]]\nproducts = [{gone}]\n"
        )
    };
    let scenarios: Vec<String> = names().iter().take(6).enumerate().map(scenario).collect();
    head + &scenarios.concat()
}
