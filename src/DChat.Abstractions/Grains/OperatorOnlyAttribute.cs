using DChat.Core;

namespace DChat.Abstractions.Grains;

/// <summary>
/// Keeps clients that are not the operator's off a method of a grain interface, or off all of them. Grains, code hosted in a
/// silo's process, and clients that show the operator token may call it; others get a <see cref="DChatException"/> with
/// <see cref="ForbiddenCode"/>. Without a token on the silos every client may.
/// </summary>
/// <remarks>
/// One filter of every silo enforces it. Without TLS the token travels unencrypted to the client port: on
/// loopback, or on a network that the operator trusts.
/// </remarks>
[AttributeUsage(AttributeTargets.Interface | AttributeTargets.Method)]
public sealed class OperatorOnlyAttribute : Attribute
{
    /// <summary>The code of the fault that a client without the token gets.</summary>
    public const string ForbiddenCode = "operator-only";

    /// <summary>Under which a call carries the token in its <see cref="Orleans.Runtime.RequestContext"/>.</summary>
    public const string TokenKey = "dchat.operator";

    /// <summary>The environment variable that gives the token to silos and to <c>dchat</c>.</summary>
    public const string TokenVariable = "DCHAT__OPERATOR__TOKEN";

    /// <summary>What a token must be.</summary>
    public const string TokenForm = "16 to 256 visible ASCII characters";

    /// <summary>Checks the form of a token; null is no token.</summary>
    /// <exception cref="DChatException">It is of another form (<c>options-invalid</c>); the message names the option and does not show the token.</exception>
    public static void CheckToken(string option, string? token) => OptionRange.Require(
        token is null || (token.Length is >= 16 and <= 256 && token.All(c => c is > ' ' and <= '~')), option, "of another form", TokenForm);
}
