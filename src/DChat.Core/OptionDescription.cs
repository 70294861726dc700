namespace DChat.Core;

/// <summary>One thing an operator can set, as its declaration tells it.</summary>
/// <param name="Key">The configuration key, such as <c>DChat:SiloPort</c>; in the environment <c>DCHAT__SILOPORT</c>.</param>
/// <param name="Switch">The short command-line switch; null when only <c>--&lt;Key&gt;</c> works.</param>
/// <param name="Default">The default, as one would write it.</param>
/// <param name="Range">What it must be, with its unit.</param>
/// <param name="Summary">What it does.</param>
public sealed record OptionDescription(string Key, string? Switch, string Default, string Range, string Summary);
