namespace DChat.Abstractions.Files;

/// <summary>The error codes under which users meet the faults of a <see cref="PrivateFolder"/>.</summary>
/// <param name="Unavailable">The system does not let us use a file or folder.</param>
/// <param name="Permissions">Other users may use a secret file or its folder.</param>
/// <param name="Corrupt">A file is damaged or not ours.</param>
public sealed record PrivateFolderCodes(string Unavailable, string Permissions, string Corrupt);
