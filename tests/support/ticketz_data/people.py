# SPDX-License-Identifier: GPL-3.0-or-later
"""Names: people, companies, products. All invented."""

from __future__ import annotations

import random

# fmt: off
FIRST_NAMES = (
    "Ana", "Beatriz", "Bruno", "Caio", "Camila", "Carlos", "Cecília", "Débora", "Diego", "Eduardo",
    "Elisângela", "Fábio", "Fernanda", "Francisco", "Gabriela", "Gilberto", "Helena", "Henrique", "Igor",
    "Isabela", "João", "Joaquim", "Júlia", "Juliana", "Karina", "Larissa", "Leonardo", "Letícia", "Lúcia",
    "Luiz", "Marcela", "Márcio", "Maria", "Mateus", "Natália", "Nilton", "Otávio", "Patrícia", "Paulo",
    "Rafaela", "Renato", "Rogério", "Sandra", "Sérgio", "Simone", "Tatiane", "Thaís", "Thiago", "Vanessa",
    "Vinícius", "Wagner", "Yasmin",
)
LAST_NAMES = (
    "Almeida", "Alves", "Andrade", "Araújo", "Barbosa", "Barros", "Batista", "Cardoso", "Carvalho",
    "Castro", "Conceição", "Costa", "Cunha", "Dias", "Duarte", "Farias", "Fernandes", "Ferreira", "Freitas",
    "Gomes", "Gonçalves", "Lima", "Lopes", "Machado", "Martins", "Melo", "Mendes", "Monteiro", "Moraes",
    "Moreira", "Moura", "Nascimento", "Nogueira", "Nunes", "Oliveira", "Pereira", "Pinto", "Ramos", "Reis",
    "Ribeiro", "Rocha", "Rodrigues", "Santana", "Santos", "Silva", "Souza", "Teixeira", "Vieira", "D'Ávila",
    "Sant'Anna",
)
COMPANIES = (
    "Padaria Pão Dourado", "Clínica Sorriso Leve", "Auto Peças São Cristóvão", "Papelaria Três Irmãos",
    "Pet Shop Patinhas & Cia", "Ótica Boa Vista", "Moda Praia Lagoa Azul", "Móveis Jatobá",
    "Farmácia Santa Luzia",
)
PRODUCTS = (
    "kit de pincéis", "cafeteira italiana", "mochila escolar", "tênis preto 38", "jogo de lençóis queen",
    "ração de 15 kg", "armação de óculos", "vestido floral M", "mesa de centro", "filtro de óleo",
    "caixa de bombons", "caderno de 200 folhas", "aparelho de jantar", "câmera de ré", "ventilador de teto",
    "bolo de cenoura",
)
CITIES = (
    "Belo Horizonte", "Campinas", "Curitiba", "Florianópolis", "Fortaleza", "Goiânia", "João Pessoa",
    "Maceió", "Porto Alegre", "Recife", "Ribeirão Preto", "Salvador", "São Luís", "São Paulo", "Vitória",
)
AREA_CODES = (
    11, 19, 21, 27, 31, 41, 48, 51, 62, 71, 81, 82, 83, 85, 98,
)
# fmt: on


def person(rng: random.Random) -> str:
    """Return a first name and one or two last names, sometimes with an emoji, as in profiles."""
    name = "%s %s" % (rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES))
    chance = rng.random()
    if chance < 0.25:
        name += " " + rng.choice(LAST_NAMES)
    elif chance < 0.32:
        name += " 🌻"
    return name


def phone(rng: random.Random) -> str:
    """Return a mobile number in WhatsApp's format: country, area, nine digits."""
    return "55%d9%08d" % (rng.choice(AREA_CODES), rng.randrange(10**8))
