"""Writes parity/fixtures/chat.json: chat templates in the styles that LLaVAs have, and the prompts and token ids that
`apply_chat_template` of transformers' LlavaProcessor makes with them: one turn of the user, an image and a question.
"""

import json
import shutil
import tempfile
from pathlib import Path

import transformers
from PIL import Image
from transformers import AutoProcessor

transformers.logging.set_verbosity_error()
HERE = Path(__file__).parent
TOKENIZERS = HERE / "fixtures" / "tokenizers"
QUESTIONS = ["What color is it?", "  Is it red? ", "Which one?\nA. left\nB. right\nAnswer with the letter.\n", "naïve 😀 {question} $& <ent>?"]

PARTS = "{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{{ '\\n' }}{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
SYSTEM = "You look at pictures.\n\nYou answer in a word."
STYLES = {
    "llama-3": "{{ bos_token }}{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}"
    + PARTS + "{{ '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
    "llama-3 of text": "{% set ns = namespace(first=true) %}{%- for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + "
    "'<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}"
    "{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
    "chatml": "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n" + SYSTEM.replace("\n", "\\n")
    + "<|im_end|>\n' }}{% endif %}{{ '<|im_start|>' + message['role'] + '\n' }}" + PARTS
    + "{{ '<|im_end|>\n' }}{% endfor %}\n{% if add_generation_prompt %}\n    {{ '<|im_start|>assistant\n' }}\n{% endif %}",
    "chatml of text": "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "vicuna": "{% set system = '" + SYSTEM.replace("\n", "\\n") + " ' %}{{ bos_token + system }}{% for message in messages %}{% if message['role'] == 'user' %}"
    "USER: {% for part in message['content'] | selectattr('type', 'equalto', 'image') %}<image>\n{% endfor %}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'text') %}{{ part['text'] }} {% endfor %}"
    "{% else %}ASSISTANT: {{ message['content'][0]['text'] }}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}",
    "mistral": "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}{% if message['role'] == 'user' %}[INST] {% for part in message['content'] %}"
    "{% if part.type == 'image' %}<image>\n{% elif part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %} [/INST]"
    "{% else %} {{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}",
    "mistral of text": "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% else %}{{ message['content'] + eos_token }}{% endif %}{% endfor %}",
    "image last, text trimmed": "{{- bos_token }}\n{%- for message in messages %}\n    {%- set texts = [] %}\n    {%- for part in message.content if part.type == 'text' %}\n"
    "        {{- '### ' ~ message.role | capitalize ~ ':\\n' ~ part.text | trim }}\n    {%- endfor %}\n    {%- for part in message.content if part.type == 'image' %}\n"
    "        {{- '\\n<image>' }}\n    {%- endfor %}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '\\n### Assistant:\\n' }}\n{%- endif %}\n",
}
IMAGE_PROCESSOR = json.loads((HERE / "fixtures/models/mha-untied/checkpoint/preprocessor_config.json").read_text())
PROCESSOR = {"processor_class": "LlavaProcessor", "image_processor": IMAGE_PROCESSOR, "patch_size": 14, "vision_feature_select_strategy": "default"}
TOKENS = ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>"]


def files(base, template, place):
    tokenizer = json.loads((TOKENIZERS / base / "tokenizer_config.json").read_text())
    tokenizer = {**tokenizer, "additional_special_tokens": TOKENS, "pad_token": "<pad>"}
    made = {"config.json": {"model_type": "llava"}, "processor_config.json": dict(PROCESSOR), "tokenizer_config.json": tokenizer}
    if place == "chat_template.jinja":
        made[place] = template
    elif place == "chat_template.json":
        made[place] = {"chat_template": template}
    else:
        made[place]["chat_template"] = template
    return made


def write(folder, base, made):
    shutil.copytree(TOKENIZERS / base, folder, dirs_exist_ok=True)
    for name, value in made.items():
        (folder / name).write_text(value if isinstance(value, str) else json.dumps(value))


def once(ids, image):
    """Ids with the run of image tokens that the processor made of one as one."""
    return [token for i, token in enumerate(ids) if token != image or i == 0 or ids[i - 1] != image]


def prompts(processor, of_text):
    """What `apply_chat_template` gives with content as parts; with a text, its prompt through the processor as it does itself."""
    picture = Image.new("RGB", (40, 30), (9, 90, 200))
    for question in QUESTIONS:
        parts = [{"type": "image", "image": picture}, {"type": "text", "text": question}]
        messages = [{"role": "user", "content": f"<image>\n{question}" if of_text else parts}]
        text = processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        bos = processor.tokenizer.bos_token
        ids = processor(images=picture, text=text, add_special_tokens=not (bos and text.startswith(bos)))["input_ids"][0]
        if not of_text:
            whole = processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=True)["input_ids"][0]
            assert list(whole) == list(ids), (whole, ids)
        yield dict(question=question, text=text, ids=once(list(ids), processor.image_token_id))


cases = []
PLACES = ["chat_template.jinja", "chat_template.json", "processor_config.json"]
for base in ("llama", "llama-legacy", "qwen"):
    for number, (style, template) in enumerate(STYLES.items()):
        if base == "qwen" and "bos_token" in template:
            template = template.replace("{{ bos_token }}", "").replace("{{- bos_token }}", "").replace("bos_token + ", "")
        place = PLACES[number % len(PLACES)]
        made = files(base, template, place)
        with tempfile.TemporaryDirectory() as name:
            write(Path(name), base, made)
            processor = AutoProcessor.from_pretrained(name)
            cases.append(dict(base=base, style=style, place=place, files=made, prompts=list(prompts(processor, "of text" in style))))

made_with = json.dumps({"transformers": transformers.__version__})
lines = ",\n".join(json.dumps(case) for case in cases)
(HERE / "fixtures" / "chat.json").write_text(f'{{"madeWith": {made_with},\n"cases": [\n{lines}\n]}}\n')
print(len(cases), sum(len(c["prompts"]) for c in cases))
