using System.Security.Cryptography;
using DChat.Core.Keys;

namespace DChat.Core.Identity;

/// <summary>A recovery key as text that its owner writes down: whoever has it commands the identity.</summary>
public static class RecoveryKeyText
{
    /// <summary>What every recovery key of this version starts with.</summary>
    public const string Prefix = "dchatrecovery1_";

    /// <summary>Writes a recovery key.</summary>
    public static string Create(SigningKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var seed = key.ExportSeed();
        var text = CheckedText.Write(Prefix, KeyLabels.RecoveryText, seed);
        CryptographicOperations.ZeroMemory(seed);
        return text;
    }

    /// <summary>Reads a recovery key; the caller disposes it.</summary>
    /// <param name="text">What the user typed; white space around it is ignored.</param>
    /// <returns>Null when the text is none or is damaged.</returns>
    public static SigningKey? TryParse(string? text)
    {
        var seed = CheckedText.TryRead(text, Prefix, KeyLabels.RecoveryText, SigningKey.SeedLength);
        return seed?.Length == SigningKey.SeedLength ? SigningKey.FromSeed(seed) : null;
    }
}
