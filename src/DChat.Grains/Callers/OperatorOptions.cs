using DChat.Abstractions.Grains;
using DChat.Core;

namespace DChat.Grains.Callers;

/// <summary>Who is an operator to the silo. The same on every silo of a cluster.</summary>
[OptionSection("DChat:Operator")]
public sealed class OperatorOptions
{
    /// <summary>The secret that clients show to call what is for operators. Default null: every client may.</summary>
    [Option("the secret that dchat peers and IDChatOperator must show; set it in the environment, the same on every silo; with none, whoever reaches the client port is an operator", Form = OperatorOnlyAttribute.TokenForm, Default = "none")]
    public string? Token { get; set; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">The token is of another form (<c>options-invalid</c>); the message does not show it.</exception>
    public void Validate() => OperatorOnlyAttribute.CheckToken(nameof(Token), Token);
}
