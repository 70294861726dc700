using System.Security.Cryptography;
using System.Text;
using DChat.Core;

namespace DChat.Tls.Certificates;

/// <summary>The bytes of <see cref="TlsFiles"/> at one moment.</summary>
internal sealed class TlsContent
{
    /// <summary>The longest file that is read, in bytes.</summary>
    public const int MaxFileBytes = 1024 * 1024;

    private readonly byte[] _key;
    private readonly byte[] _authority;

    private TlsContent(byte[] certificate, byte[] key, byte[] authority) => (Certificate, _key, _authority) = (certificate, key, authority);

    public byte[] Certificate { get; }

    public string CertificateText => Encoding.UTF8.GetString(Certificate);

    public string KeyText => Encoding.UTF8.GetString(_key);

    public string AuthorityText => Encoding.UTF8.GetString(_authority);

    /// <summary>Reads the files.</summary>
    /// <exception cref="DChatException">One cannot be read, or is longer than <see cref="MaxFileBytes"/> (<c>tls-unusable</c>).</exception>
    public static TlsContent Read(TlsFiles files) =>
        new(Read(files.Certificate!), files.IsPfx ? [] : Read(files.Key!), Read(files.Authority!));

    /// <summary>Equal only for equal content.</summary>
    public string Digest() => string.Join(' ', new[] { Certificate, _key, _authority }.Select(bytes => Convert.ToHexString(SHA256.HashData(bytes))));

    private static byte[] Read(string path)
    {
        try
        {
            using var file = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > MaxFileBytes)
            {
                throw new DChatException(TlsCodes.Unusable, $"{path} cannot be used for TLS: it is longer than {MaxFileBytes} bytes.");
            }

            var content = new byte[file.Length];
            file.ReadExactly(content);
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DChatException(TlsCodes.Unusable, $"{path} cannot be used for TLS: {e.Message}", inner: e);
        }
    }
}
