using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Emit;

namespace DChat.Repository.Tests.Floors;

/// <summary>What a compiled type uses: in its declaration, its signatures, its attributes and its method bodies.</summary>
internal static class TypeReferences
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<ushort, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => (ushort)code.Value);

    /// <summary>Every type that <paramref name="type"/> uses, each once; arrays, references and generics are taken apart.</summary>
    public static IEnumerable<Type> Of(Type type) => Mentions(type).SelectMany(Parts).Distinct();

    /// <summary>The type at the top of a nest.</summary>
    public static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static IEnumerable<Type?> Mentions(Type type) =>
    [
        type.BaseType,
        .. type.GetInterfaces(),
        .. Constraints(type.GetGenericArguments()),
        .. Attributes(type),
        .. type.GetFields(Declared).SelectMany(field => Attributes(field).Append(field.FieldType)),
        .. type.GetProperties(Declared).SelectMany(Attributes),
        .. type.GetMethods(Declared).SelectMany(method => Constraints(method.GetGenericArguments()).Append(method.ReturnType).Concat(OfMethod(method))),
        .. type.GetConstructors(Declared).SelectMany(OfMethod),
    ];

    private static IEnumerable<Type?> Constraints(Type[] arguments) =>
        arguments.Where(argument => argument.IsGenericParameter).SelectMany(argument => argument.GetGenericParameterConstraints());

    private static IEnumerable<Type?> Attributes(MemberInfo member) => member.CustomAttributes.SelectMany(attribute =>
        attribute.ConstructorArguments.Concat(attribute.NamedArguments.Select(named => named.TypedValue))
            .Select(argument => argument.Value as Type).Append(attribute.AttributeType));

    private static IEnumerable<Type?> OfMethod(MethodBase method)
    {
        var body = method.GetMethodBody();
        return
        [
            .. Attributes(method),
            .. method.GetParameters().Select(parameter => parameter.ParameterType),
            .. body?.LocalVariables.Select(local => local.LocalType) ?? [],
            .. body?.ExceptionHandlingClauses.Where(clause => clause.Flags == ExceptionHandlingClauseOptions.Clause).Select(clause => clause.CatchType) ?? [],
            .. Operands(method, body?.GetILAsByteArray() ?? []),
        ];
    }

    /// <summary>The types that the instructions of a body name.</summary>
    private static IEnumerable<Type?> Operands(MethodBase method, byte[] code)
    {
        var ofType = method.DeclaringType!.GetGenericArguments();
        var ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : [];
        for (var at = 0; at < code.Length;)
        {
            var value = code[at] == 0xfe ? (ushort)(0xfe00 | code[at + 1]) : code[at];
            var instruction = OpCodesByValue[value];
            at += instruction.Size;
            if (instruction.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
            {
                var member = method.Module.ResolveMember(BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at)), ofType, ofMethod)!;
                yield return member as Type ?? member.DeclaringType;
                foreach (var argument in member is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericArguments() : [])
                {
                    yield return argument;
                }
            }

            at += Length(instruction.OperandType, code.AsSpan(at));
        }
    }

    private static int Length(OperandType operand, ReadOnlySpan<byte> rest) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BinaryPrimitives.ReadInt32LittleEndian(rest)),
        _ => 4,
    };

    private static IEnumerable<Type> Parts(Type? type) => type switch
    {
        null or { IsGenericParameter: true } => [],
        { HasElementType: true } => Parts(type.GetElementType()),
        { IsConstructedGenericType: true } => type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()),
        _ => [type],
    };
}
