using DChat.Core.Keys;
using DChat.Core.Statements;

namespace DChat.Core.Identity;

/// <summary>A device's request as text that people copy from the new device to one of the identity (<c>Protocol/identity.proto</c>). Holds no secret.</summary>
public static class DeviceRequestText
{
    /// <summary>What every request of this version starts with.</summary>
    public const string Prefix = "dchatdevice1_";

    private const int MaxBytes = 512;

    /// <summary>Writes a request.</summary>
    public static string Create(Signed<DeviceRequest> request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return CheckedText.Write(Prefix, KeyLabels.DeviceRequestText, request.Encode());
    }

    /// <summary>Reads a request, and checks its signature.</summary>
    /// <param name="text">What the user pasted; white space around it is ignored.</param>
    /// <param name="network">The network in which it must hold.</param>
    /// <returns>Null when the text is no request, is damaged or of another network.</returns>
    public static Signed<DeviceRequest>? TryParse(string? text, string network) =>
        CheckedText.TryRead(text, Prefix, KeyLabels.DeviceRequestText, MaxBytes) is { } bytes
        && Signed<DeviceRequest>.TryRead(bytes, network, out var request) == StatementFault.None
            ? request
            : null;
}
