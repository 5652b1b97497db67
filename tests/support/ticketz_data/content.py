# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages between companies and their customers, in Brazilian Portuguese."""

from __future__ import annotations

import random

from . import people

# Each line: the sender (c customer, e employee), an optional kind of media after a colon, and the text.
SCRIPTS: tuple[tuple[str, ...], ...] = (
    (
        "c|Oi, %(oi)s! Fiz o pedido %(pedido)s e ainda não recebi 😢",
        "e|Olá %(nome)s, %(oi)s! Aqui é %(atendente)s, da %(empresa)s. Vou verificar para você, um momento "
        "por favor.",
        "c|Ok, obrigada",
        "e|O pedido %(pedido)s saiu do nosso depósito em %(data)s e está com a transportadora em %(cidade)s.",
        "e|O código de rastreio é BR%(numero)s. A previsão é até %(data2)s.",
        "c|Atrasou bastante, hein? Já era pra ter chegado semana passada",
        "e|Sentimos muito pelo atraso, %(nome)s. Estamos cobrando a transportadora todos os dias 🙏",
        "c|Tá bom, vou aguardar então. Obrigada pela atenção!",
        "e|Nós que agradecemos! Qualquer coisa é só chamar 😊",
    ),
    (
        "c|%(oi)s, poderiam me mandar a 2ª via do boleto? O vencimento era dia %(data)s",
        "e|%(oi)s, %(nome)s! Claro. Me confirma seu CPF, por favor?",
        "c|%(cpf)s",
        "e|Obrigado! Gerei um novo boleto no valor de R$ %(valor)s com vencimento em %(data2)s.",
        "e:document|boleto %(pedido)s.pdf",
        "e|Linha digitável:\n%(boleto)s",
        "c|Consigo pagar por PIX também?",
        "e|Consegue sim! Chave PIX (CNPJ): 12.345.678/0001-90. Manda o comprovante aqui depois, por "
        "gentileza 😉",
        "c:image|comprovante",
        "c|Prontinho 👍",
        "e|Pagamento confirmado! Muito obrigado, %(nome)s 🙌",
    ),
    (
        "c|Boa tarde! Vocês têm %(produto)s em estoque?",
        "e|Boa tarde, %(nome)s! Temos sim 🎉 Está R$ %(valor)s à vista ou em até 6x sem juros.",
        "e:image|Olha como é bonito",
        "c|Adorei!! 😍 Entrega em %(cidade)s?",
        "e|Entregamos! O frete para o CEP %(cep)s fica R$ 18,90 e chega em até 5 dias úteis.",
        "c|Fechado, quero 2",
        "e|Perfeito! Seu pedido é o %(pedido)s. Segue o link para pagamento: "
        "https://pagar.exemplo.com.br/p/%(pedido)s?ref=wpp&utm=loja",
        "c:image|",
        "c|Paguei no PIX, tá aí o comprovante",
        "e|Recebido! Assim que despacharmos eu aviso por aqui. Obrigada pela preferência 💛",
    ),
    (
        "c|Gente, o produto chegou quebrado 😡",
        "c:image|",
        "c:image|olha isso",
        "e|Poxa, %(nome)s, sentimos muito! Pode me informar o número do pedido?",
        "c|é o %(pedido)s, comprei dia %(data)s. %(produto)s",
        "e|Obrigado. Você prefere a troca ou a devolução do valor (R$ %(valor)s)?",
        "c|prefiro a troca, preciso até %(data2)s",
        "e|Combinado! Vamos recolher o produto no endereço cadastrado, em %(cidade)s, e enviar outro sem "
        "custo nenhum.",
        "c|Vlw 🙏",
        "e|Imagina! Pedimos desculpas pelo transtorno.",
    ),
    (
        "c|Bom dia! Queria marcar um horário para essa semana",
        "e|Bom dia, %(nome)s! Temos %(data)s às 14h30 ou %(data2)s às 9h. Qual fica melhor?",
        "c:audio|",
        "e|Certo! Agendado para %(data2)s às 9h com a Dra. Helena. Endereço: Rua das Acácias, 1%(dois)s, "
        "%(cidade)s.",
        "c|Precisa levar algum documento?",
        "e|Só um documento com foto e a carteirinha do convênio, se tiver 😄",
        "c|Perfeito, até lá!",
    ),
    (
        "c|oi",
        "e|Olá! 👋 Seja bem-vindo(a) à *%(empresa)s*. Escolha uma opção:\n\n*[ 1 ]* - Vendas\n*[ 2 ]* - "
        "Financeiro\n*[ 3 ]* - Suporte\n*[ 0 ]* - Encerrar",
        "c|2",
        "e|Você está no setor *Financeiro*. Em instantes um de nossos atendentes vai falar com você.",
        "c|quero negociar uma dívida de R$ %(valor)s",
        "e|%(oi)s, %(nome)s, aqui é %(atendente)s. Consigo parcelar em até 10x com 15%% de desconto no PIX. "
        "Vamos fechar?",
        "c|deixa eu ver aqui e já te falo",
        "c|Fechado! manda aí",
        "e:document|acordo %(numero)s.pdf",
        "c|assinado ✅",
        "e|Recebido, obrigado! Seu protocolo é %(numero)s.",
    ),
    (
        'c|o sistema não abre aqui, dá erro "conexão recusada"',
        "e|Oi, %(nome)s. Pode me mandar um print da tela?",
        "c:image|print",
        "e|Obrigado. Tenta fazer assim:\n1) feche o programa\n2) abra a pasta C:\\Sistema\\bin\n3) execute "
        "o atualizador como administrador",
        "c|deu certo!! 🎉🎉",
        "e|Que ótimo! Posso encerrar o atendimento?",
        "c|pode sim, valeu demais %(atendente)s",
        "e|*Atendimento encerrado.* Avalie de 1 a 5, por favor. Sua opinião é muito importante para nós!",
        "c|5",
    ),
    (
        "e|%(oi)s, %(nome)s! Passando para lembrar que sua fatura de R$ %(valor)s vence em %(data2)s. Se já "
        "pagou, desconsidere 😉",
        "c|obrigado por lembrar, pago hoje",
        "c|👍🏽",
        "e|Maravilha! Tenha um ótimo dia ☀\ufe0f",
    ),
    (
        "c|Vocês estão abertos no feriado?",
        "e|Oi, %(nome)s! No dia %(data2)s abrimos das 8h às 12h. À tarde estaremos fechados.",
        "c|E entregam em %(cidade)s nesse dia?",
        "e|Entregas só no próximo dia útil 🚚",
        "c|Entendi. Então separa pra mim um(a) %(produto)s que eu passo aí",
        "e|Separado no seu nome! Pedido %(pedido)s, R$ %(valor)s.",
        "c:location|",
        "e|Isso mesmo, é nesse endereço. Até logo! 👋",
    ),
)

GREETINGS = ("bom dia", "boa tarde", "boa noite", "tudo bem")

Line = tuple[bool, str, str]


def parse_scripts() -> list[list[Line]]:
    """Return the lines of every script, each as (from the employee?, kind of media, text with placeholders)."""
    parsed: list[list[Line]] = []
    for script in SCRIPTS:
        lines: list[Line] = []
        for raw in script:
            head, text = raw.split("|", 1)
            who, _colon, kind = head.partition(":")
            lines.append((who == "e", kind or "chat", text))
        parsed.append(lines)
    return parsed


def fields(rng: random.Random, name: str, company: str, employee: str) -> dict[str, str]:
    """Return the values of the placeholders for one conversation."""
    digits = "%047d" % rng.randrange(10**47)
    return {
        "oi": rng.choice(GREETINGS),
        "nome": name,
        "empresa": company,
        "atendente": employee,
        "produto": rng.choice(people.PRODUCTS),
        "cidade": rng.choice(people.CITIES),
        "pedido": "#%d" % rng.randrange(10_000, 99_999),
        "numero": digits[:9],
        "dois": digits[9:11],
        "valor": "%d,%02d" % (rng.randrange(20, 1800), rng.randrange(100)),
        "data": "%02d/%02d" % (rng.randrange(1, 29), rng.randrange(1, 13)),
        "data2": "%02d/%02d" % (rng.randrange(1, 29), rng.randrange(1, 13)),
        "cep": "%s-%s" % (digits[11:16], digits[16:19]),
        "cpf": "%s.%s.%s-%s" % (digits[19:22], digits[22:25], digits[25:28], digits[28:30]),
        "boleto": "%s.%s %s.%s %s.%s 1 %s"
        % (digits[:5], digits[5:10], digits[10:15], digits[15:21], digits[21:26], digits[26:32], digits[33:]),
    }
