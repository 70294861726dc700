namespace DChat.Abstractions.Grains;

/// <summary>
/// Keeps callers outside the cluster off a method of a grain interface, or off all of them. Grains, and code hosted in a
/// silo's process, may call it; clients get a <see cref="DChat.Core.DChatException"/> with <see cref="ForbiddenCode"/>.
/// A method without it, or <see cref="OperatorOnlyAttribute"/>, is open to clients.
/// </summary>
/// <remarks>
/// One filter of every silo enforces it. It goes by the sender's id that a message carries. With TLS the client port holds
/// clients to their own ids; without, a hostile Orleans client could forge one, and this guards against mistakes only.
/// </remarks>
[AttributeUsage(AttributeTargets.Interface | AttributeTargets.Method)]
public sealed class ClusterOnlyAttribute : Attribute
{
    /// <summary>The code of the fault that a caller outside the cluster gets.</summary>
    public const string ForbiddenCode = "cluster-only";
}
