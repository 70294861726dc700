using System.Security.Cryptography;
using System.Text;
using DChat.Core;
using DChat.Core.Keys;

namespace DChat.Storage.Keys;

/// <summary>
/// A key file: one line of its kind, the seed and the public key. It names its public half so that damage does not pass for
/// another key: <c>dchat-relay-key-v1 &lt;64 hex digits&gt; &lt;64 hex digits&gt;</c>.
/// </summary>
internal static class KeyFile
{
    public const string RelayKind = "dchat-relay-key-v1";
    public const string GatewayKind = "dchat-gateway-key-v1";

    private const int HexLength = 2 * Bytes32.Length;

    /// <summary>The content of the file of a key drawn from the operating system's randomness; clear it after use.</summary>
    public static byte[] Draw(string kind)
    {
        using var key = SigningKey.Generate();
        var seed = key.ExportSeed();
        var content = Encoding.ASCII.GetBytes($"{kind} {Convert.ToHexStringLower(seed)} {key.PublicKey}\n");
        CryptographicOperations.ZeroMemory(seed);
        return content;
    }

    /// <summary>Reads the seed; clear it after use.</summary>
    /// <param name="kind">The kind that the file must be of.</param>
    /// <param name="content">The file's content; cleared.</param>
    /// <param name="corrupt">Makes the error from what is wrong.</param>
    /// <exception cref="DChatException">The content is not one key of this kind (<c>key-corrupt</c>).</exception>
    public static byte[] ParseSeed(string kind, byte[] content, Func<string, DChatException> corrupt)
    {
        try
        {
            var text = Encoding.ASCII.GetString(content);
            var seedAt = kind.Length + 1;
            var keyAt = seedAt + HexLength + 1;
            if (text.Length != keyAt + HexLength + 1 || !text.StartsWith($"{kind} ", StringComparison.Ordinal)
                || text[keyAt - 1] != ' ' || text[^1] != '\n'
                || !Bytes32.TryParse(text.AsSpan(seedAt, HexLength), out var seed)
                || !Bytes32.TryParse(text.AsSpan(keyAt, HexLength), out var publicKey))
            {
                throw corrupt($"it is not one line of {kind}, a seed and a public key");
            }

            using var key = SigningKey.FromSeed(seed.ToArray());
            return key.PublicKey == publicKey
                ? seed.ToArray()
                : throw corrupt("its seed does not belong to the key it names");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }
}
