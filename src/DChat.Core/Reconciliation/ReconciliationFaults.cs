using System.Diagnostics.CodeAnalysis;

namespace DChat.Core.Reconciliation;

/// <summary>The codes of what ends a session of reconciliation.</summary>
public static class ReconciliationFaults
{
    /// <summary>What the peer sent is not of the protocol; one code for all such faults, whoever sends them is to blame.</summary>
    public const string InvalidCode = "reconciliation-invalid";

    /// <summary>The peer speaks another version of the protocol.</summary>
    public const string VersionCode = "reconciliation-version";

    /// <summary>The session would take more rounds, bytes or differences than it may.</summary>
    public const string LimitCode = "reconciliation-limit";

    [DoesNotReturn]
    internal static void ThrowInvalid(string what) => throw new DChatException(InvalidCode, $"A message of the peer cannot be read: {what}.");

    [DoesNotReturn]
    internal static void ThrowVersion(int version) =>
        throw new DChatException(VersionCode, $"The peer speaks version {version} of negentropy; this is version 1.");

    [DoesNotReturn]
    internal static void ThrowLimit(string what) => throw new DChatException(LimitCode, $"The session was ended: it takes more than {what}.");
}
