namespace DChat.Libp2p.Swarm;

/// <summary>How often something was refused.</summary>
/// <param name="Resource">What was wanted.</param>
/// <param name="Scope">Whose limit was reached.</param>
/// <param name="Count">Times since the start.</param>
public readonly record struct ResourceRefusals(ResourceKind Resource, ResourceScopeKind Scope, long Count);
